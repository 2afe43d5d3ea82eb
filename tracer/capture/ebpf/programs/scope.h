// --trace and --no-follow: which calls and which processes are told of. `config` is constant, so without these options
// nothing of it is left in the programs.

// Calls newer than any table have places of none: they are wanted by who excludes some, not by who names some.
inline_ int is_chosen(struct regs *regs, s64 number)
{
	int narrow = is_narrow(regs);
	int x32 = X32_BIT && !narrow && number >= 0 && number & X32_BIT;
	u32 nr = x32 ? number & ~X32_BIT : number;
	if (nr >= (x32 ? 2 * TABLE : TABLE))
		return config.others;
	u32 how = config.chosen[(nr + (narrow ? TABLE : x32 ? 2 * TABLE : 0)) & (CHOSEN - 1)];
	if (how < CHECKED)
		return how;
	const volatile struct check *check = &config.checks[(how - CHECKED) & (MOST_CHECKS - 1)];
	u32 value = check->arg ? argument_of(regs, 1, narrow) : argument_of(regs, 0, narrow);
	return value == check->values[0] || value == check->values[1] || value == check->values[2] ||
	       value == check->values[3];
}

// Whether the call a thread is about to enter is let pass. What it does in there is part of the time between two calls.
inline_ int passes(struct thread *thread, struct regs *regs, s64 number)
{
	if (!config.choosing || thread->passed == ALL_TOLD || is_chosen(regs, number))
		return 0;
	thread->passed = PASSED;
	return 1;
}

// Whether the call it comes back from was let pass, also when we came meanwhile.
inline_ int has_passed(struct thread *thread, struct regs *regs)
{
	if (!config.choosing || thread->in_call || thread->passed == ALL_TOLD)
		return 0;
	if (thread->passed != PASSED && is_chosen(regs, number_of(regs)))
		return 0;
	thread->passed = TOLD;
	thread->attached = 0;
	return 1;
}

inline_ u32 process_of(struct task *task)
{
	u32 pid = 0;
	read_kernel(&pid, sizeof(pid), (void *)task + config.tgid);
	return pid;
}

// Whether a child just born is to be traced: a thread always is.
inline_ int follows(struct task *parent, struct task *child)
{
	return !config.threads_only || !config.tgid || process_of(parent) == process_of(child);
}
