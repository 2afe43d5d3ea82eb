// Maps, and what every program does with a thread's state and its records.

struct map tasks SEC("maps");
struct map events SEC("maps");
struct map memory SEC("maps");
struct map large SEC("maps");
struct map plans SEC("maps");
struct map counters SEC("maps");
struct map before SEC("maps");          // programs that go on where another ends (nested.h), at the entry and at the exit
struct map after SEC("maps");

inline_ void count(u32 which, u64 amount)
{
	u64 *value = map_lookup(&counters, &which);
	if (value)
		__sync_fetch_and_add(value, amount);
}

// Two of the eight places for arguments, of which a call has six.
#define FOUND(thread) ((thread)->args[6])
#define LEFT(thread) ((thread)->args[7])

inline_ struct thread *thread_of(struct task *task)
{
	return task_storage(&tasks, task, 0, 0);
}

inline_ void name_it(struct thread *thread)
{
	struct ns_ids ids = {};
	if (ns_pid_tgid(config.ns_dev, config.ns_ino, &ids, sizeof(ids))) {
		u64 both = current_pid_tgid();
		ids.pid = (u32)both;
		ids.tgid = both >> 32;
	}
	thread->tid = ids.pid;
	thread->pid = ids.tgid;
}

inline_ struct record *begin(struct thread *thread, u8 kind, u64 now)
{
	struct record *record = ring_reserve(&events, sizeof(*record), 0);
	if (!record) {
		count(LOST_EVENTS, 1);
		return 0;
	}
	record->at = record->end = now;
	record->since = thread->since;
	for (int i = 0; i < 6; i++)
		record->args[i] = 0;
	record->result = 0;
	record->ip = 0;
	record->blocked = record->delay = record->user_blocked = record->user_delay = 0;
	record->own = record->user_own = 0;
	record->switches = record->user_switches = 0;
	record->pid = thread->pid;
	record->tid = thread->tid;
	record->nr = 0;
	record->seq = thread->seq;
	record->kind = kind;
	record->abi = thread->abi;
	record->flags = 0;
	record->items = record->unused = 0;
	return record;
}

// The thread's name, in two of a record's arguments.
inline_ void sign(struct record *record)
{
	char name[16] = {};
	current_comm(name, sizeof(name));
	__builtin_memcpy(&record->args[4], name, sizeof(name));
}

inline_ void fill_call(struct record *record, struct thread *thread, u64 now)
{
	record->at = thread->at;
	record->end = now;
	for (int i = 0; i < 6; i++)
		record->args[i] = thread->args[i];
	record->ip = thread->ip;
	record->nr = thread->nr;
	record->blocked = thread->blocked;
	record->delay = thread->delay;
	record->user_blocked = thread->user_blocked;
	record->user_delay = thread->user_delay;
	record->own = thread->own;
	record->user_own = thread->user_own;
	record->switches = thread->switches;
	record->user_switches = thread->user_switches;
	record->flags = (thread->first ? FIRST : 0) | (thread->torn ? TORN : 0);
	record->items = thread->items;
}

// `seq` changes first, and `part` last: who copies a thread's state meanwhile can tell.
#define barrier() __asm__ volatile("" ::: "memory")

inline_ void next_part(struct thread *thread, u64 now)
{
	thread->seq++;
	barrier();
	thread->since = now;
	thread->blocked = thread->delay = thread->user_blocked = thread->user_delay = 0;
	thread->own = thread->user_own = 0;
	thread->switches = thread->user_switches = 0;
	thread->in_call = thread->first = thread->torn = 0;
	thread->items = thread->retry = 0;
	barrier();
	thread->part = thread->seq;
}
