// What iotrace runs in the kernel: eight programs on trace points that the kernel's BTF describes (tp_btf).
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

#define UNFOLDING               // calls of i386 become those they stand for

#include "kernel.h"
#include "shapes.h"
#include "machine.h"
#include "state.h"
#include "scope.h"
#include "memory.h"
#include "switches.h"
#include "calls.h"
#include "stacks.h"
#include "lives.h"

// The way out of a call ends here, at `at`, which was put by in `left`; what came after that was our own work.
inline_ int leave(struct thread *thread, u64 at)
{
	u64 now = LEFT(thread);
	struct record *record = begin(thread, CALL, now);
	if (record) {
		fill_call(record, thread, now);
		record->flags |= thread->flags;
		record->result = thread->result;
		ring_submit(record, NO_WAKEUP);
	}
	next_part(thread, now);
	thread->user_own = at - now;
	return 0;
}

#include "nested.h"

SEC("tp_btf/sys_enter") int on_enter(u64 *context)
{
	struct thread *thread = thread_of(current_task());
	if (!thread)
		return 0;
	u64 now = enters(thread, context);
	if (!now)
		return 0;
	u32 worked = at_entry(thread);
	if (!worked)
		return 0;
	thread->own = now_ns() - now;
	thread->number = worked >> GOES_ON;
	if (thread->number) {
		thread->turn = 0;
		tail_call(context, &before, thread->number == EXEC_2 ? EXEC_1 : thread->number);
	}
	return 0;
}

SEC("tp_btf/sys_exit") int on_exit(u64 *context)
{
	struct thread *thread = thread_of(current_task());
	if (!thread)
		return 0;
	u64 now = leaves(thread, context);
	if (!now)
		return 0;
	u16 flags = thread->in_call ? 0 : was_inside(thread, (struct regs *)context[0], now);
	thread->attached = 0;
	thread->result = (s64)context[1];
	thread->flags = flags;
	LEFT(thread) = now;
	u32 worked = at_exit(thread);
	if (config.stacks)
		worked |= keep_stack(context, thread);
	if (worked >> GOES_ON) {
		thread->turn = 0;
		tail_call(context, &after, worked >> GOES_ON);
	}
	return leave(thread, worked ? now_ns() : now);
}

char terms[] SEC("license") = "Dual MIT/GPL";
