// On and off the CPU: how long a traced thread slept, and how long it was ready but waiting for a CPU.
//
// Not every switch is told. On some kernels those away from the idle task, or from a task of init's, can be missing for a while
// (seen on 6.18 in a virtual machine, by ftrace as well), so who comes after them is brought back unseen. It is found out
// when the thread enters or leaves a call, or goes away again, though it had not come back: then the kernel's own count
// of its waiting (sched_info.run_delay, what /proc/PID/schedstat shows) says how long it was ready, and its wake-up
// how long it slept before.

// All the time it ever waited for a CPU. Counted when it gets one, after that switch is told.
inline_ u64 waited(struct task *task)
{
	return config.run_delay ? *(u64 *)((void *)task + config.run_delay) : 0;
}

inline_ void came_back(struct thread *thread, u64 slept, u64 delay)
{
	if (thread->in_call) {
		thread->blocked += slept;
		thread->delay += delay;
		thread->switches++;
	} else {
		thread->user_blocked += slept;
		thread->user_delay += delay;
		thread->user_switches++;
	}
	thread->off = 0;
}

// `thread` runs: if it was away, it has come back unseen.
inline_ void is_here(struct thread *thread, struct task *task)
{
	if (!thread->off)
		return;
	u64 away = now_ns() - thread->off, delay = waited(task) - thread->waited, slept = 0;
	if (!config.run_delay)
		delay = thread->asleep ? 0 : away;
	if (delay > away)
		delay = away;
	if (thread->asleep)                           // until now at most, if nobody was told of its wake-up either
		slept = thread->woken > thread->off ? thread->woken - thread->off : away - delay;
	came_back(thread, slept, delay);
}

SEC("tp_btf/sched_switch") int on_switch(u64 *context)
{
	u64 now = 0;
	struct task *task = (struct task *)context[1];
	struct thread *thread = thread_of(task);
	if (thread) {
		is_here(thread, task);
		thread->off = now = now_ns();
		thread->waited = waited(task);
		thread->woken = 0;
		thread->asleep = !context[0] && context[3];
	}
	thread = thread_of((struct task *)context[2]);
	if (!thread)
		return 0;
	if (!thread->off && thread->attached) {       // it was away when we came: asleep, if somebody had to wake it up
		thread->off = thread->since;
		thread->asleep = thread->woken > 0;
	}
	if (!thread->off)
		return 0;
	if (!now)
		now = now_ns();
	u64 away = now - thread->off, slept = 0;
	if (thread->asleep)
		slept = thread->woken > thread->off ? thread->woken - thread->off : away;
	came_back(thread, slept, away - slept);
	return 0;
}

SEC("tp_btf/sched_wakeup") int on_wakeup(u64 *context)
{
	struct thread *thread = thread_of((struct task *)context[0]);
	if (thread && (thread->off || thread->attached) && !thread->woken)
		thread->woken = now_ns();
	return 0;
}
