// What iotrace runs in the kernel: seven programs on trace points that the kernel's BTF describes (tp_btf).
//
// Every traced thread has a `struct thread` in task storage, which is the filter as well: no storage, not traced.
// A call becomes one fixed-size `struct record` in the ring `events` when it returns; the user memory its
// declaration names becomes `struct slot`s of fixed size in the ring `memory`, before it. Nothing here ever wakes
// the reader, which looks every few milliseconds: a wake-up would cost more than all the rest together.
//
// Only three things are read: the trace points' arguments, `struct pt_regs` (an ABI), and user memory. No relocation
// against the running kernel is needed but the place of `exit_code`, which the loader writes into `config`.
//
// Read by `tracer/capture/ebpf/layout.py`, which has the same structures; the tests compare sizes.

#include "kernel.h"
#include "shapes.h"
#include "machine.h"
#include "state.h"
#include "memory.h"
#include "calls.h"

SEC("tp_btf/sys_enter") int on_enter(u64 *context)
{
	struct thread *thread = thread_of(current_task());
	if (!thread)
		return 0;
	u64 now = now_ns();
	if (!thread->tid)
		name_it(thread);
	take_arguments(thread, (struct regs *)context[0], (s64)context[1]);
	thread->at = now;
	thread->in_call = 1;
	thread->switches = 0;
	at_entry(thread);
	return 0;
}

SEC("tp_btf/sys_exit") int on_exit(u64 *context)
{
	struct thread *thread = thread_of(current_task());
	if (!thread)
		return 0;
	s64 result = (s64)context[1];
	if (thread->newborn) {                        // the child's way out of the clone that made it
		spawned(thread, now_ns());
		return 0;
	}
	u64 now = now_ns();
	u16 flags = 0;
	if (!thread->in_call) {                       // attached inside it, or refused by a seccomp filter
		struct regs *regs = (struct regs *)context[0];
		if (!thread->tid)
			name_it(thread);
		take_arguments(thread, regs, number_of(regs));
		thread->at = thread->attached ? thread->since : now;
		flags = thread->attached ? NO_ENTRY : 0;
		if (thread->attached) {
			thread->blocked += thread->user_blocked;
			thread->delay += thread->user_delay;
			thread->user_blocked = thread->user_delay = 0;
		}
	}
	thread->attached = 0;
	thread->result = result;
	at_exit(thread);
	struct record *record = begin(thread, CALL, now);
	if (record) {
		fill_call(record, thread, now);
		record->flags |= flags;
		record->result = result;
		ring_submit(record, NO_WAKEUP);
	}
	next_part(thread, now);
	return 0;
}

// --- on and off the CPU ---------------------------------------------------------------------------------------

SEC("tp_btf/sched_switch") int on_switch(u64 *context)
{
	u64 now = 0;
	struct thread *thread = thread_of((struct task *)context[1]);
	if (thread) {
		thread->off = now = now_ns();
		thread->woken = 0;
		thread->asleep = !context[0] && context[3];
	}
	thread = thread_of((struct task *)context[2]);
	if (!thread || !thread->off)
		return 0;
	if (!now)
		now = now_ns();
	u64 away = now - thread->off, slept = 0;
	if (thread->asleep)
		slept = thread->woken > thread->off ? thread->woken - thread->off : away;
	if (thread->in_call) {
		thread->blocked += slept;
		thread->delay += away - slept;
		thread->switches++;
	} else {
		thread->user_blocked += slept;
		thread->user_delay += away - slept;
		thread->user_switches++;
	}
	thread->off = 0;
	return 0;
}

SEC("tp_btf/sched_wakeup") int on_wakeup(u64 *context)
{
	struct thread *thread = thread_of((struct task *)context[0]);
	if (thread && thread->off && !thread->woken)
		thread->woken = now_ns();
	return 0;
}

// --- lives ----------------------------------------------------------------------------------------------------

SEC("tp_btf/sched_process_fork") int on_fork(u64 *context)
{
	struct thread *parent = thread_of((struct task *)context[0]);
	if (!parent)
		return 0;
	struct thread *child = task_storage(&tasks, (struct task *)context[1], 0, CREATE);
	if (!child) {
		count(LOST_EVENTS, 1);
		return 0;
	}
	if (!parent->tid)
		name_it(parent);
	child->newborn = 1;
	child->parent_pid = parent->pid;
	child->parent_tid = parent->tid;
	child->since = now_ns();
	return 0;
}

SEC("tp_btf/sched_process_exec") int on_exec(u64 *context)
{
	struct thread *thread = thread_of(current_task());
	if (!thread)
		return 0;
	u32 former = thread->tid;
	name_it(thread);
	struct slot *slot = ring_reserve(&memory, sizeof(*slot), 0);
	if (slot) {                                     // by then the process may be gone from /proc
		char *name = 0;
		label(&slot->head, thread, &(struct action){ .arg = 255 }, 0);
		slot->head.seq |= APART;
		if (config.filename)
			read_kernel(&name, sizeof(name), (void *)context[2] + config.filename);
		long length = name ? read_kernel_text(slot->data, SLOT_DATA, name) : 0;
		slot->head.length = length > 0 && length < SLOT_DATA ? length - 1 : 0;
		ring_submit(slot, NO_WAKEUP);
	}
	struct record *record = begin(thread, EXEC, now_ns());
	if (record) {
		record->seq |= APART;
		record->items = slot ? 1 : 0;
		record->args[0] = former;
		sign(record);
		ring_submit(record, NO_WAKEUP);
	}
	return 0;
}

SEC("tp_btf/sched_process_exit") int on_process_exit(u64 *context)
{
	struct task *task = (struct task *)context[0];
	struct thread *thread = thread_of(task);
	if (!thread || thread->ended)
		return 0;
	u64 now = now_ns();
	thread->ended = 1;
	if (thread->newborn)
		spawned(thread, now);
	if (!thread->tid)
		name_it(thread);
	if (thread->in_call) {
		struct record *record = begin(thread, ENTERED, now);
		if (record) {
			fill_call(record, thread, now);
			record->flags |= FINAL;
			ring_submit(record, NO_WAKEUP);
		}
		next_part(thread, now);
	}
	s32 code = -1;
	if (config.exit_code)
		read_kernel(&code, sizeof(code), (void *)task + config.exit_code);
	struct record *record = begin(thread, EXIT, now);
	if (record) {
		fill_call(record, thread, now);
		record->at = now;
		for (int i = 0; i < 4; i++)
			record->args[i] = 0;
		record->nr = 0;
		record->ip = 0;
		record->items = 0;
		sign(record);
		record->result = code;
		ring_submit(record, NO_WAKEUP);
	}
	next_part(thread, now);
	return 0;
}

struct signal_head { s32 number, error, code; };

SEC("tp_btf/signal_deliver") int on_signal(u64 *context)
{
	struct thread *thread = thread_of(current_task());
	if (!thread)
		return 0;
	struct slot *slot = ring_reserve(&memory, sizeof(*slot), 0);
	u64 now = now_ns();
	if (!thread->tid)
		name_it(thread);
	s32 code = 0;
	if (slot) {
		slot->head.tid = thread->tid;
		slot->head.seq = thread->seq | APART;
		slot->head.address = 0;
		slot->head.arg = 255;
		slot->head.when = slot->head.reason = slot->head.order = 0;
		slot->head.length = 48;                      // struct kernel_siginfo begins as siginfo does
		if (read_kernel(slot->data, 48, (void *)context[1]))
			slot->head.length = 0;
		else
			code = ((struct signal_head *)slot->data)->code;
		ring_submit(slot, NO_WAKEUP);
	} else {
		count(LOST_MEMORY, 1);
	}
	struct record *record = begin(thread, SIGNAL, now);
	if (record) {
		record->nr = (s32)context[0];
		record->args[0] = (u64)(s64)code;
		record->items = slot ? 1 : 0;
		record->seq |= APART;
		ring_submit(record, NO_WAKEUP);
	}
	return 0;
}

char terms[] SEC("license") = "Dual MIT/GPL";
