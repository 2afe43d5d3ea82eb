// A call's number and arguments, its beginning, and the beginning of a thread.

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

// The beginning of a call, and when that was; 0 for one that is not wanted.
inline_ u64 enters(struct thread *thread, u64 *context)
{
	is_here(thread, current_task());
	begun(thread);
	if (passes(thread, (struct regs *)context[0], (s64)context[1]))
		return 0;
	u64 now = now_ns();
	if (!thread->tid)
		name_it(thread);
	take_arguments(thread, (struct regs *)context[0], (s64)context[1]);
	thread->at = now;
	thread->in_call = 1;
	thread->switches = 0;
	return now;
}

// A call that is at its end and whose beginning was not seen: we came while it was inside, or a seccomp filter refused it.
// Returns the record's flags.
inline_ u16 was_inside(struct thread *thread, struct regs *regs, u64 now)
{
	if (!thread->tid)
		name_it(thread);
	take_arguments(thread, regs, number_of(regs));
	thread->at = thread->attached ? thread->since : now;
	if (!thread->attached)
		return 0;
	thread->blocked += thread->user_blocked;
	thread->delay += thread->user_delay;
	thread->switches += thread->user_switches;
	thread->user_blocked = thread->user_delay = thread->user_switches = 0;
	return NO_ENTRY;
}

// The end of a call, and when that is; 0 for one that is not wanted, and for a child's way out of the clone that made it.
inline_ u64 leaves(struct thread *thread, u64 *context)
{
	is_here(thread, current_task());
	if (thread->newborn) {
		spawned(thread, now_ns());
		return 0;
	}
	return has_passed(thread, (struct regs *)context[0]) ? 0 : now_ns();
}
