// The structures that cross from the kernel to iotrace. Read by `tracer/capture/ebpf/layout.py`, which has the same;
// the tests compare sizes.

enum kind { CALL, ENTERED, SIGNAL, SPAWN, EXEC, EXIT };       // as in tracer/wire.py
enum flag { NO_ENTRY = 1, FIRST = 2, FINAL = 4, TORN = 8 };   // TORN: memory was lost, the ring being full

#define TABLE 512               // numbers of one ABI: x86_64 from 0, i386 from 512, x32 (up to twice as many) from 1024
#define CHOSEN 2048
#define LARGE_DATA 4096
#define CHECKED 2
#define MOST_CHECKS 8
struct config {
	u64 ns_dev, ns_ino;     // our pid namespace: the numbers told are the ones /proc there has
	u32 exit_code;          // offsets in task_struct, and of the file name in linux_binprm; 0: unknown
	u32 status;
	u32 filename;
	u32 capture_bytes;      // kept of each payload
	u32 tgid;               // its offset in task_struct
	u32 threads_only;       // --no-follow: processes that are born are let go
	u32 choosing, others;   // --trace: only some calls are told of; calls that no table has are among them
	u32 redact;             // --redact: of the arguments of programs only their lengths
	u32 files, table, most; // offsets: in task_struct, files_struct and fdtable,
	u32 space, vector;      // and of the auxiliary vector: in task_struct and mm_struct
	u32 stacks;             // `enum wanted` (stacks.h)
	u32 run_delay;          // offset in task_struct of sched_info.run_delay
	struct check { u32 arg, values[4]; } checks[MOST_CHECKS];
	u8 stars[LARGE_DATA];
	u8 chosen[CHOSEN];      // by number and ABI: 0 no, 1 yes, from CHECKED on: if an argument has one of these values
};
const volatile struct config config SEC(".rodata") = {};

enum single { SUMMED, ALONE, MEASURED };      // MEASURED: and its clocks are kept, to know what summing costs

enum passed { TOLD, PASSED, ALL_TOLD };   // ALL_TOLD: of this thread every call is wanted
struct thread {
	u32 part;               // as `seq`, but written last: who copies this from its first byte on sees whether it was changed
	u32 passed;             // `enum passed`: whether it is in a call that --trace does not want
	u64 at;                 // entry of the call it is in
	u64 since;              // end of its previous row
	u64 args[8];            // six
	s64 result;             // of that call, at its exit; here rather than in a register, whose bounds would part paths
	u64 ip;
	u64 off, woken;         // when it was last switched out, and made runnable
	u64 blocked, delay;     // in this call
	u64 user_blocked, user_delay;
	u32 own, user_own;      // ns that keeping memory took: at this call's entry, and at the exit of the one before
	u32 switches, user_switches;
	u32 pid, tid;
	u32 parent_pid, parent_tid;
	s32 nr;
	u32 seq;                // of its calls: what ties slots to records
	u16 items;              // slots written for this call
	u16 retry;              // actions of the entry whose memory was not there: again at the exit
	u8 abi, in_call, asleep, newborn, first, torn, attached, ended;
	u32 era;                // --summary (summary.bpf.c): of the call it is in
	u8 means, asks;         // what that call's number means, and that it only asks: a wait with a timeout of 0
	u8 quiet;               // nothing is counted until it execs
	u8 single;              // `enum single`: this call is to be told by itself
	u32 number;             // of strings or messages, in memory: of what a register may hold the verifier follows every value
	u64 room;               // bytes left of the segments to keep, likewise
	u64 waited;             // for a CPU in all its life, when it was last switched out
	u32 turn;               // which message or request a program goes on with (nested.h)
	u32 flags;              // of the record of the call it is just leaving
};

struct record {
	u64 at, end, since;
	u64 args[6];
	s64 result;
	u64 ip;
	u64 blocked, delay, user_blocked, user_delay;
	u32 own, user_own;
	u32 switches, user_switches;
	u32 pid, tid;
	s32 nr;
	u32 seq;
	u8 kind, abi;
	u16 flags;
	u16 items, unused;
};

// A piece of user memory: 144 bytes of it in the ring `memory`, or up to 4096 in the ring `large`.
struct slot_head {
	u32 tid, seq;
	u64 address;
	u8 arg, when;
	u16 reason;             // an errno, or 0
	u16 length;
	u16 order;              // among those of its call
};
#define SLOT_DATA 144          // struct stat fits
#define NO_ARG 255              // pieces of no argument, and of an i386 call's block of arguments, as in tracer/wire.py
#define ARGUMENT_BLOCK 252
#define APART 0x80000000        // in a slot's and a record's number: of an event, not of the call it came in
struct slot { struct slot_head head; u8 data[SLOT_DATA]; };
struct large { struct slot_head head; u8 data[LARGE_DATA]; };

// One piece of memory to keep, compiled from the call's declaration (tracer/capture/ebpf/plans.py).
enum source { CONST, RESULT, ARG, INT_ARG, LOAD, FD_SET };
enum shape { FLAT, TEXT, SEGMENTS };
enum when { AT_ENTRY, AT_EXIT };
enum needs { ANY, SUCCESS, POSITIVE };
struct value {
	u8 source, arg, width, pad;
	s32 offset;             // LOAD: width bytes from what arg points to, plus offset
	u32 scale;
	u32 most;
};
struct action {
	u8 shape, when, needs, payload;
	u8 arg;                 // as the piece is labelled
	u8 matches;             // how many of `match` are in use: 0 = no condition
	u8 match_arg, pad;
	u64 mask;
	u64 match[4];
	struct value at, size, entries;
};
#define MOST_ACTIONS 9
enum nested { NOT_NESTED, EXEC_1, EXEC_2, TABLE_SIZE, REQUESTS, MESSAGES_SENT, MESSAGES_TO_FILL, MESSAGES_FILLED };
struct plan {
	u16 entry, exit;        // so many actions
	u8 before, after;       // `enum nested`, behind the actions of the entry and of the exit
	u8 unfolds, words;      // of a multiplexed call: that its arguments come from a block, of so many words,
	u8 block, places[6];    // which argument leads there, and which values become arguments (unfold.h)
	u8 pad;
	struct action actions[MOST_ACTIONS];
};
#define PLANS 1088              // x86_64 numbers, then those of i386 from 512, then multiplexed calls from 1024

enum counter { LOST_EVENTS, LOST_MEMORY };
