// What `iotrace top` runs in the kernel: three programs that count the calls of every process of the machine.
//
// Nothing is emitted and nobody is woken: the counts of each process stand in a per-CPU hash, which is read once in a
// while (`top_reading.py`). A thread's present call is kept in task storage, made at its first call and gone with the
// thread. What the loader knows about call numbers is in `config`, a constant for the verifier.
//
// Only calls whose entry was seen are counted: neither the one that a thread sat in when we came, nor a new thread's
// way out of the clone that made it.
//
// Read by `tracer/capture/ebpf/top_layout.py`, which has the same structures; the tests compare sizes.

#include "kernel.h"
#include "means.h"

struct map threads SEC("maps");
struct map counts SEC("maps");
struct map names SEC("maps");
struct map counters SEC("maps");

struct config {
	u64 ns_dev, ns_ino;     // our pid namespace: processes have the numbers that /proc there has
	u32 first_ns;           // it is the one of the kernel, in which everybody has a number
	u32 ours;               // the process that is not counted
	u32 status;             // offset of thread_info.status in task_struct; 0: unknown
	u32 unused;
	u8 calls[CALLS];
};
const volatile struct config config SEC(".rodata") = {};

#include "machine.h"

struct thread {
	u64 since;              // it runs in its call since then
	u64 spent;              // ran in it before, and not yet counted
	u32 pid;
	u8 in_call, ignored, call, polls;
};

struct count { u64 calls, failed, wasted, kernel_ns, bytes_read, bytes_written; };
struct name { u8 text[16]; };

enum counter { LOST };

inline_ void lose(void)
{
	u32 which = LOST;
	u64 *value = map_lookup(&counters, &which);
	if (value)
		__sync_fetch_and_add(value, 1);
}

// What the process is called, for when it has gone before anybody asks /proc.
inline_ void sign(u32 pid)
{
	struct name name = {};
	current_comm(name.text, sizeof(name.text));
	map_update(&names, &pid, &name, 0);
}

static __attribute__((noinline)) int add_process(u32 pid)
{
	struct count none = {};
	map_update(&counts, &pid, &none, NEW);
	sign(pid);
	return 0;
}

inline_ u32 current_pid(void)
{
	struct ns_ids ids = {};
	if (config.first_ns)
		return current_pid_tgid() >> 32;
	if (ns_pid_tgid(config.ns_dev, config.ns_ino, &ids, sizeof(ids)))
		return 0;               // it has no number in our namespace, or another one below
	return ids.tgid;
}

// --- calls ----------------------------------------------------------------------------------------------------

inline_ u8 call_of(u32 nr, int narrow)
{
	u32 index = place_of(nr & ~X32_BIT, narrow);
	AS_IT_IS(index);
	return index < CALLS ? config.calls[index] : ORDINARY;
}

inline_ u64 waits_by(struct regs *regs, u32 index, int narrow)
{
	return index == 2 ? argument_of(regs, 2, narrow) : index == 3 ? argument_of(regs, 3, narrow) :
	       index == 4 ? argument_of(regs, 4, narrow) : 0;
}

// socketcall(2): which of the calls for sockets it stands for (linux/net.h).
inline_ u8 unfolded(u32 number)
{
	if (number == 9 || number == 11 || number == 16)      // SYS_SEND, SYS_SENDTO, SYS_SENDMSG
		return WRITES;
	if (number == 10 || number == 12 || number == 17)     // SYS_RECV, SYS_RECVFROM, SYS_RECVMSG
		return READS;
	return ORDINARY;
}

SEC("tp_btf/sys_enter") int on_enter(u64 *context)
{
	struct thread *thread = task_storage(&threads, current_task(), 0, CREATE);
	if (!thread) {
		lose();
		return 0;
	}
	if (thread->ignored)
		return 0;
	if (!thread->since) {
		thread->pid = current_pid();
		if (thread->pid == config.ours) {
			thread->ignored = 1;
			return 0;
		}
		if (!map_lookup(&counts, &thread->pid))
			add_process(thread->pid);
	}
	struct regs *regs = (struct regs *)context[0];
	int narrow = is_narrow(regs);
	u8 call = call_of(context[1], narrow);
	thread->polls = 0;
	if (MEANS(call) == WAITS_MS || MEANS(call) == WAITS_STRUCT)
		thread->polls = only_asks(call, waits_by(regs, TIMEOUT(call), narrow));
	else if (MEANS(call) == MULTIPLEXED)
		call = unfolded(argument_of(regs, 0, 1));
	thread->call = MEANS(call);
	thread->in_call = 1;
	thread->spent = 0;
	thread->since = now_ns();       // last: what we do is not the process's time
	return 0;
}

SEC("tp_btf/sys_exit") int on_exit(u64 *context)
{
	u64 now = now_ns();
	struct thread *thread = task_storage(&threads, current_task(), 0, 0);
	if (!thread || thread->ignored)
		return 0;
	struct count *count = map_lookup(&counts, &thread->pid);
	if (!count) {
		add_process(thread->pid);
		count = map_lookup(&counts, &thread->pid);
		if (!count) {
			lose();
			thread->in_call = 0;
			return 0;
		}
	}
	s64 result = (s64)context[1];
	u8 call = thread->call;
	if (thread->in_call)
		count->kernel_ns += thread->spent + (now - thread->since);
	else
		call = ORDINARY;        // a seccomp filter refused it: its entry is not told
	thread->in_call = 0;
	count->calls++;
	if (call == RESTORES)           // its "result" is what the interrupted code had in that register
		return 0;
	if (is_error(result)) {
		count->failed++;
		count->wasted += result == -EAGAIN;
	} else if (call == READS && result > 0) {
		count->bytes_read += result;
	} else if (call == WRITES && result > 0) {
		count->bytes_written += result;
	} else if (call == EXECUTES) {
		sign(thread->pid);
	} else if (!result && (call == WAITS_MS || call == WAITS_STRUCT)) {
		count->wasted += thread->polls;
	}
	return 0;
}

// --- on and off the CPU ---------------------------------------------------------------------------------------

// A call that lasts is counted whenever it leaves the CPU, so its time shows while it is spent.
SEC("tp_btf/sched_switch") int on_switch(u64 *context)
{
	u64 now = now_ns();
	struct thread *thread = task_storage(&threads, (struct task *)context[1], 0, 0);
	if (thread && thread->in_call) {
		thread->spent += now - thread->since;
		struct count *count = map_lookup(&counts, &thread->pid);
		if (count) {
			count->kernel_ns += thread->spent;
			thread->spent = 0;
		}
	}
	thread = task_storage(&threads, (struct task *)context[2], 0, 0);
	if (thread && thread->in_call)
		thread->since = now;
	return 0;
}

char terms[] SEC("license") = "Dual MIT/GPL";
