// A call's number and arguments, and the beginning of a thread.

inline_ void take_arguments(struct thread *thread, struct regs *regs, s64 nr)
{
	int narrow = is_narrow(regs);
	thread->nr = (s32)nr;
	thread->ip = IP(regs);
	thread->abi = narrow ? NARROW_ABI : NATIVE;
	if (!narrow && nr >= 0 && nr & X32_BIT) {
		thread->abi = X32;
		thread->nr = nr & ~X32_BIT;
	}
	if (narrow) {
		for (u32 i = 0; i < 6; i++)
			thread->args[i] = argument_of(regs, i, 1);
#ifdef UNFOLDING
		if (NARROW_ABI == I386)
			unfold(thread);
#endif
		return;
	}
	for (u32 i = 0; i < 6; i++)
		thread->args[i] = argument_of(regs, i, 0);
}

inline_ void spawned(struct thread *thread, u64 now)
{
	name_it(thread);
	thread->newborn = 0;
	thread->since = now;
	struct record *record = begin(thread, SPAWN, now);
	if (record) {
		record->args[0] = thread->parent_tid;
		record->args[1] = thread->parent_pid;
		sign(record);
		ring_submit(record, NO_WAKEUP);
	}
	next_part(thread, now);
	thread->first = 1;
}

// A child's life begins with its way out of the clone that made it. On arm64 that is no exit of a call (ret_from_fork,
// arch/arm64/kernel/entry.S), so what it does first comes first, and it began with the fork.
inline_ void begun(struct thread *thread)
{
	u64 blocked = thread->user_blocked, delay = thread->user_delay;
	u32 switches = thread->user_switches;
	if (!thread->newborn)
		return;
	spawned(thread, thread->since);
	thread->user_blocked = blocked;
	thread->user_delay = delay;
	thread->user_switches = switches;
}
