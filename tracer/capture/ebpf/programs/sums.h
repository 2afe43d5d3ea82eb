// What --summary keeps of the calls of one thread that have one number, one outcome, and began between the same two
// marks. Read by `tracer/capture/ebpf/summary_layout.py`, which has the same structures; the tests compare sizes.
//
// Only the thread itself writes its sums, so nothing here is locked, and one map serves all CPUs.

#define BUCKETS 40              // of a histogram: bucket i has 2^i ns or more, the last everything from there on
#define ERAS 65536
#define SAMPLES 1024
#define RESULT_VARIES 0x80

// EMPTY: the result is 0. ASKED: it is the 0 of a wait with a timeout of 0. COMPLETIONS: io_uring_enter waits for some.
enum how { EMPTY = 1, ASKED = 2, COMPLETIONS = 4 };

struct key {
	u32 pid, tid;
	s32 nr;
	u32 era;                // how many marks there were when the calls were entered
	u16 error;              // the errno, or the code of a restart; 0: none
	u8 abi, how;
};

struct sums {
	u64 calls;
	s64 result;             // sum; of errors: 0
	u64 wall, run, delay;   // inside the call
	u64 user_wall, user_run, user_delay;
	u64 switches, user_switches;
	u64 args[6];            // of the first call
	s64 first;              // its result
	u8 varies;              // bits of arguments (and RESULT_VARIES) of which others had other values,
	u8 zeros, others;       // that were 0 once, and that were something else once
	u8 unused[5];
	u32 kernel[BUCKETS];    // calls by their time on a CPU, and by their time in all, without what counting costs
	u32 whole[BUCKETS];
};

struct sample { u64 wall, run, delay, user_wall, user_run, user_delay; s32 nr; u32 seq; };

enum setting { ERA, KERNEL_COST, SETTINGS };    // KERNEL_COST: ns of each call that are the counting's

struct map sums SEC("maps");
struct map blank SEC("maps");      // one, of zeros
struct map eras SEC("maps");
struct map settings SEC("maps");
struct map samples SEC("maps");
struct map meanings SEC("maps");

inline_ u64 setting(u32 which)
{
	u64 *value = map_lookup(&settings, &which);
	return value ? *value : 0;
}

// 1 where `ns` has more than so many ones; for less than 2^63. No branch: the verifier would follow both ways each time.
#define BEYOND(ns, ones) (((ones) - (ns)) >> 63)

inline_ u32 bucket_of(u64 ns)
{
	u64 bucket = 0, bits;
	bits = BEYOND(ns, 0xffffffffull) << 5, bucket += bits, ns >>= bits;
	bits = BEYOND(ns, 0xffffull) << 4, bucket += bits, ns >>= bits;
	bits = BEYOND(ns, 0xffull) << 3, bucket += bits, ns >>= bits;
	bits = BEYOND(ns, 0xfull) << 2, bucket += bits, ns >>= bits;
	bits = BEYOND(ns, 3ull) << 1, bucket += bits, ns >>= bits;
	bucket += ns >> 1 & 1;
	return bucket < BUCKETS ? bucket : BUCKETS - 1;
}

inline_ u64 less(u64 from, u64 amount)
{
	return from > amount ? from - amount : 0;
}

// What the arguments of all calls have in common, so that what they copied can be told.
// Bits go to memory at once: with them in registers the verifier would follow each of their combinations.
inline_ void compare(struct sums *sums, struct thread *thread)
{
	volatile u8 *varies = &sums->varies, *zeros = &sums->zeros, *others = &sums->others;
	for (u32 i = 0; i < 6; i++) {
		if (sums->args[i] != thread->args[i])
			*varies |= 1 << i;
		if (thread->args[i])
			*others |= 1 << i;
		else
			*zeros |= 1 << i;
	}
	if (sums->first != thread->result)
		*varies |= RESULT_VARIES;
}

inline_ struct sums *sums_of(struct key *key, struct thread *thread)
{
	struct sums *found = map_lookup(&sums, key);
	if (found)
		return found;
	u32 first = 0;
	struct sums *none = map_lookup(&blank, &first);         // too large for the stack
	if (!none)
		return 0;
	map_update(&sums, key, none, NEW);
	found = map_lookup(&sums, key);
	if (!found)
		return 0;
	for (u32 i = 0; i < 6; i++)
		found->args[i] = thread->args[i];
	found->first = thread->result;
	return found;
}

inline_ void key_of(struct key *key, struct thread *thread)
{
	s64 result = thread->result;
	key->pid = thread->pid;
	key->tid = thread->tid;
	key->nr = thread->nr;
	key->era = thread->era;
	key->abi = thread->abi;
	key->error = 0;
	key->how = thread->asks & COMPLETIONS;
	if (MEANS(thread->means) == RESTORES)   // its "result" is what the interrupted code had in that register
		return;
	if (result < 0 && result >= -MAX_ERRNO)
		key->error = -result;
	else if (!result)
		key->how |= EMPTY | (thread->asks & ASKED);
}

inline_ void sum_up(struct thread *thread, u64 now)
{
	struct key key = {};
	key_of(&key, thread);
	struct sums *found = sums_of(&key, thread);
	if (!found) {
		count(LOST_EVENTS, 1);
		return;
	}
	u64 wall = now - thread->at, before = thread->at - thread->since;
	u64 run = less(wall, thread->blocked + thread->delay);
	u64 user_run = less(before, thread->user_blocked + thread->user_delay);
	u64 cost = setting(KERNEL_COST);
	found->calls++;
	if (!key.error)
		found->result += thread->result;
	found->wall += wall;
	found->run += run;
	found->delay += thread->delay;
	found->user_wall += before;
	found->user_run += user_run;
	found->user_delay += thread->user_delay;
	found->switches += thread->switches;
	found->user_switches += thread->user_switches;
	compare(found, thread);
	found->kernel[bucket_of(less(run, cost))]++;
	found->whole[bucket_of(less(wall, cost))]++;
	if (thread->single != MEASURED)
		return;
	u32 place = thread->seq & (SAMPLES - 1);
	struct sample *sample = map_lookup(&samples, &place);
	if (sample)
		*sample = (struct sample){ wall, run, thread->delay, before, user_run, thread->user_delay, thread->nr,
		                           thread->seq };
}
