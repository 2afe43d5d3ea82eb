// What programs that count must know of calls: what a number means (`meanings.py`), and what a result says.

#define NARROW_CALLS 1024         // where they begin in the table of calls; before them those of x86_64 and x32
#define CALLS 1536

// What a call's number means: what its result is, and which argument says how long it waits.
enum means { ORDINARY, READS, WRITES, WAITS_MS, WAITS_STRUCT, RESTORES, EXECUTES, MULTIPLEXED, COMPLETES };
#define MEANS(call) ((call) & 15)
#define TIMEOUT(call) ((call) >> 4 & 7)
#define NARROW 0x80             // the structure has two words of 32 bits

// Where in the table a call is; CALLS when it is not.
inline_ u32 place_of(u32 index, int narrow)
{
	if (narrow)
		return index < CALLS - NARROW_CALLS ? index + NARROW_CALLS : CALLS;
	return index < NARROW_CALLS ? index : CALLS;
}

// The wait has a timeout of 0: it only asks. `timeout` is the argument that says how long.
inline_ u8 only_asks(u8 call, u64 timeout)
{
	u64 words[2] = {};
	if (MEANS(call) == WAITS_MS)
		return !(u32)timeout;
	if (!timeout || read_user(words, call & NARROW ? 8 : 16, (void *)timeout))
		return 0;
	return !words[0] && !words[1];
}

#define MAX_ERRNO 4095
#define FIRST_RESTART 512       // ERESTARTSYS ... ERESTART_RESTARTBLOCK (include/linux/errno.h): no failures
#define LAST_RESTART 516
#define EAGAIN 11

inline_ int is_error(s64 result)
{
	return result < 0 && result >= -MAX_ERRNO && !(result <= -FIRST_RESTART && result >= -LAST_RESTART);
}
