// Calls of i386 that stand for others, with their arguments in memory: socketcall, ipc, the old select and mmap. They
// become the call they stand for here (tracer/capture/unfold.py is the same for ptrace), so that its own plan applies.

#define OPERATION 16            // its place in the number of such a call, whose low half is that of the multiplexer
#define MULTIPLEXED 1024        // where their plans begin
#define OPERATIONS 32
enum multiplexer { SELECT = 82, MMAP_BLOCK = 90, SOCKETCALL = 102, IPC = 117 };
#define OLD_MSGRCV 12
#define NEW_MSGRCV 30           // an operation nobody uses
#define NO_VALUE 15

inline_ u32 multiplexed_place(u32 multiplexer, u32 operation)
{
	if (multiplexer == SELECT)
		return MULTIPLEXED + 31;
	if (multiplexer == MMAP_BLOCK)
		return MULTIPLEXED + OPERATIONS + 31;
	return MULTIPLEXED + (multiplexer == IPC ? OPERATIONS : 0) + (operation & (OPERATIONS - 1));
}

static __attribute__((noinline)) int unfold(struct thread *thread)
{
	if (!thread)
		return 0;
	u32 multiplexer = thread->nr, operation = 1;
	if (multiplexer == SOCKETCALL)
		operation = thread->args[0];
	else if (multiplexer == IPC)
		operation = thread->args[0] & 0xffff;
	else if (multiplexer != SELECT && multiplexer != MMAP_BLOCK)
		return 0;
	if (!operation || operation >= NEW_MSGRCV)
		return 0;
	u32 version = (u32)thread->args[0] >> 16;
	u32 known = multiplexer == IPC && operation == OLD_MSGRCV && version ? NEW_MSGRCV : operation;
	u32 key = multiplexed_place(multiplexer, known);
	struct plan *plan = map_lookup(&plans, &key);
	if (!plan || !plan->unfolds)
		return 0;
	u32 values[16] = {};            // the arguments behind the first, then the block
	for (u32 i = 0; i < 5; i++)
		values[i] = thread->args[i + 1];
	u32 size = plan->words * 4;
	if (size) {
		u64 block = argument(thread, plan->block);
		if (size > 24)
			size = 24;
		if (read_user(&values[5], size, (void *)block))
			return 0;
		struct action whole = { .arg = ARGUMENT_BLOCK };
		keep(thread, &whole, block, size, 1);
	}
	for (u32 i = 0; i < 6; i++)
		thread->args[i] = values[plan->places[i] & NO_VALUE];
	thread->nr = operation << OPERATION | multiplexer;
	return 0;
}
