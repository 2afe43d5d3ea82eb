// A look at each thread of a process, by an iterator (Documentation/bpf/bpf_iterators.rst): its number and its state are
// written to who reads the iterator. A thread that has none gets `initial`, if that is to be given. What a pidfd does
// with the map from outside, for kernels on which only a process has one (pidfd_open(2): PIDFD_THREAD, Linux 6.9).
//
// It runs as the reader, whose pid namespace is the one to number threads by. An iterator over one thread would be
// simpler, but finds leaders only before Linux 6.12 (task_seq_get_next, kernel/bpf/task_iter.c).

#include "kernel.h"
#include "shapes.h"

struct map tasks SEC("maps");
struct map initial SEC("maps");
struct meta { void *seq; };             // begins as struct bpf_iter_meta
struct upid { u32 number; void *namespace; };
struct given {
	struct thread state;            // for a thread that has none, if it is `attached`
	u32 thread_pid;                 // offsets: in task_struct
	u32 level, numbers;             // in struct pid
	u32 unused;
};

static long (*seq_write)(void *seq, const void *data, u32 size) = (void *)127;

inline_ void *pid_of(struct task *task, struct given *given)
{
	void *pid = 0;
	read_kernel(&pid, sizeof(pid), (void *)task + given->thread_pid);
	return pid;
}

// 0 where the kernel does not let us look (lockdown=confidentiality).
inline_ u64 number_of_thread(struct task *task, struct given *given)
{
	u32 level = 0, number = 0;
	if (read_kernel(&level, sizeof(level), pid_of(current_task(), given) + given->level))
		return 0;
	read_kernel(&number, sizeof(number), pid_of(task, given) + given->numbers + level * sizeof(struct upid));
	return number;
}

SEC("iter/task") int on_each(u64 *context)
{
	struct meta *meta = (struct meta *)context[0];
	struct task *task = (struct task *)context[1];
	u32 first = 0;
	struct given *given = map_lookup(&initial, &first);
	if (!task || !given)
		return 0;
	u64 number = number_of_thread(task, given);
	if (!number)
		return 0;
	struct thread *thread = task_storage(&tasks, task, &given->state, given->state.attached ? CREATE : 0);
	if (!thread)
		return 0;
	seq_write(meta->seq, &number, sizeof(number));
	seq_write(meta->seq, thread, sizeof(*thread));
	return 0;
}

char terms[] SEC("license") = "Dual MIT/GPL";
