// The structures that cross from the kernel to iotrace. Read by `tracer/capture/ebpf/layout.py`, which has the same;
// the tests compare sizes.

enum kind { CALL, ENTERED, SIGNAL, SPAWN, EXEC, EXIT };       // as in tracer/wire.py
enum flag { NO_ENTRY = 1, FIRST = 2, FINAL = 4, TORN = 8 };   // TORN: memory was lost, the ring being full

struct config {
	u64 ns_dev, ns_ino;     // our pid namespace: the numbers told are the ones /proc there has
	u32 exit_code;          // offsets in task_struct, and of the file name in linux_binprm; 0: unknown
	u32 status;
	u32 filename;
	u32 capture_bytes;      // kept of each payload
};
const volatile struct config config SEC(".rodata") = {};

struct thread {
	u64 at;                 // entry of the call it is in
	u64 since;              // end of its previous row
	u64 args[8];            // six
	s64 result;             // of that call, at its exit; here rather than in a register, whose bounds would part paths
	u64 ip;
	u64 off, woken;         // when it was last switched out, and made runnable
	u64 blocked, delay;     // in this call
	u64 user_blocked, user_delay;
	u32 switches, user_switches;
	u32 pid, tid;
	u32 parent_pid, parent_tid;
	s32 nr;
	u32 seq;                // of its calls: what ties slots to records
	u16 items;              // slots written for this call
	u16 retry;              // actions of the entry whose memory was not there: again at the exit
	u8 abi, in_call, asleep, newborn, first, torn, attached, ended;
};

struct record {
	u64 at, end, since;
	u64 args[6];
	s64 result;
	u64 ip;
	u64 blocked, delay, user_blocked, user_delay;
	u32 switches, user_switches;
	u32 pid, tid;
	s32 nr;
	u32 seq;
	u8 kind, abi;
	u16 flags;
	u16 items, unused;
};

// A piece of user memory: 104 bytes of it in the ring `memory`, or up to 4096 in the ring `large`.
struct slot_head {
	u32 tid, seq;
	u64 address;
	u8 arg, when;
	u16 reason;             // an errno, or 0
	u16 length;
	u16 order;              // among those of its call
};
#define SLOT_DATA 104
#define LARGE_DATA 4096
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
#define MOST_ACTIONS 8
struct plan { u32 entry, exit; struct action actions[MOST_ACTIONS]; };
#define PLANS 1024              // x86_64 numbers, then those of i386 from 512

enum counter { LOST_EVENTS, LOST_MEMORY };
