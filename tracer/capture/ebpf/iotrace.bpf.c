// What iotrace runs in the kernel: seven programs on trace points that the kernel's BTF describes (tp_btf).
//
// Every traced thread has a `struct thread` in task storage, which is the filter as well: no storage, not traced.
// A call becomes one fixed-size `struct record` in the ring `events` when it returns; the user memory its
// declaration names becomes `struct slot`s of fixed size in the ring `memory`, before it. Nothing here ever wakes
// the reader, which looks every few milliseconds: a wake-up would cost more than all the rest together.
//
// Only three things are read: the trace points' arguments, `struct pt_regs` (an ABI), and user memory. No relocation
// against the running kernel is needed but the place of `exit_code`, which the loader writes into `config`.
//
// Read by `tracer/capture/ebpf/layout.py`, which has the same structures; the tests compare sizes.

typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long long u64;
typedef int s32;
typedef long long s64;

#define SEC(name) __attribute__((section(name), used))
#define inline_ static inline __attribute__((always_inline))

struct map { int unused; };
struct map tasks SEC("maps");
struct map events SEC("maps");
struct map memory SEC("maps");
struct map large SEC("maps");
struct map plans SEC("maps");
struct map counters SEC("maps");

struct task;

static void *(*map_lookup)(void *map, const void *key) = (void *)1;
static u64 (*now_ns)(void) = (void *)5;
static u64 (*current_pid_tgid)(void) = (void *)14;
static long (*current_comm)(void *buffer, u32 size) = (void *)16;
static long (*read_user)(void *to, u32 size, const void *from) = (void *)112;
static long (*read_kernel)(void *to, u32 size, const void *from) = (void *)113;
static long (*read_user_text)(void *to, u32 size, const void *from) = (void *)114;
static long (*read_kernel_text)(void *to, u32 size, const void *from) = (void *)115;
struct ns_ids { u32 pid, tgid; };
static long (*ns_pid_tgid)(u64 dev, u64 ino, struct ns_ids *ids, u32 size) = (void *)120;
static void *(*ring_reserve)(void *ring, u64 size, u64 flags) = (void *)131;
static void (*ring_submit)(void *data, u64 flags) = (void *)132;
static void (*ring_discard)(void *data, u64 flags) = (void *)133;
static void *(*task_storage)(void *map, struct task *task, void *value, u64 flags) = (void *)156;
static struct task *(*current_task)(void) = (void *)158;
#define CREATE 1
#define NO_WAKEUP 1

struct regs {  // struct pt_regs of x86_64, arch/x86/include/asm/ptrace.h
	u64 r15, r14, r13, r12, bp, bx, r11, r10, r9, r8, ax, cx, dx, si, di, orig_ax, ip, cs, flags, sp, ss;
};

#define COMPAT 2                // TS_COMPAT in thread_info.status: int 0x80, from 64-bit code too, or a 32-bit program
#define X32_BIT 0x40000000

enum kind { CALL, ENTERED, SIGNAL, SPAWN, EXEC, EXIT };       // as in tracer/wire.py
enum flag { NO_ENTRY = 1, FIRST = 2, FINAL = 4, TORN = 8 };   // TORN: memory was lost, the ring being full
enum abi { X86_64, I386, X32 };

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

inline_ void count(u32 which, u64 amount)
{
	u64 *value = map_lookup(&counters, &which);
	if (value)
		__sync_fetch_and_add(value, amount);
}

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
	record->switches = thread->switches;
	record->user_switches = thread->user_switches;
	record->flags = (thread->first ? FIRST : 0) | (thread->torn ? TORN : 0);
	record->items = thread->items;
}

inline_ void next_part(struct thread *thread, u64 now)
{
	thread->since = now;
	thread->blocked = thread->delay = thread->user_blocked = thread->user_delay = 0;
	thread->switches = thread->user_switches = 0;
	thread->in_call = thread->first = thread->torn = 0;
	thread->items = thread->retry = 0;
	thread->seq++;
}

// --- user memory ----------------------------------------------------------------------------------------------

// Eight of them, of which six are in use, so that a masked index needs no questions: every branch here is looked
// at by the verifier once for each action and piece.
inline_ u64 argument(struct thread *thread, u32 index)
{
	return thread->args[index & 7];
}

inline_ s64 base_of(struct thread *thread, struct value *value)
{
	u64 number = argument(thread, value->arg);
	u8 source = value->source;
	if (source == INT_ARG)
		number = (s64)(s32)number;
	else if (source == RESULT)
		number = thread->result;
	else if (source == FD_SET)      // whole words of so many bits (FDS_BYTES, fs/select.c)
		return ((number & 0x7fffffff) + 63) / 64 * 8;
	else if (source == CONST)
		number = 0;
	number += value->offset;
	if (source == LOAD) {
		u64 loaded = 0;
		read_user(&loaded, value->width == 4 ? 4 : 8, (void *)number);
		number = loaded;
	}
	return number;
}

inline_ u32 size_of(struct thread *thread, struct value *value)
{
	s64 size = base_of(thread, value);
	if (size <= 0)
		return 0;
	if (size > (1 << 20))
		size = 1 << 20;
	size *= value->scale;
	return size > value->most ? value->most : size;
}

inline_ void label(struct slot_head *head, struct thread *thread, struct action *action, u64 address)
{
	head->tid = thread->tid;
	head->seq = thread->seq;
	head->address = address;
	head->arg = action->arg;
	head->when = action->when;
	head->reason = 0;
	head->length = 0;
	head->order = thread->items;
}

#define EFAULT 14
#define PAGE 4096
enum { DONE, AGAIN };           // AGAIN: nothing was there, and it is to be tried once more at the exit

// The end of a slot whose data was read, or of which nothing could be read.
inline_ int settle(struct thread *thread, struct slot_head *head, long length, u32 last)
{
	if (length < 0 && !last) {
		ring_discard(head, NO_WAKEUP);
		return AGAIN;
	}
	head->length = length < 0 ? 0 : length;
	head->reason = length < 0 ? EFAULT : 0;
	thread->items++;
	ring_submit(head, NO_WAKEUP);
	return DONE;
}

inline_ int full(struct thread *thread)
{
	count(LOST_MEMORY, 1);
	thread->torn = 1;
	return DONE;
}

// `size` bytes, or what lies before the end of the page when the rest is not there.
#define READ(data, limit, size, from)                                                    \
	({                                                                               \
		u32 wanted = (size) > (limit) ? (limit) : (size);                        \
		u32 in_page = PAGE - ((from) & (PAGE - 1));                              \
		long got = wanted;                                                       \
		if (read_user(data, wanted, (void *)(from))) {                           \
			got = -1;                                                        \
			if (in_page < wanted && in_page <= (limit) &&                    \
			    !read_user(data, in_page, (void *)(from)))                   \
				got = in_page;                                           \
		}                                                                        \
		got;                                                                     \
	})

static __attribute__((noinline)) int keep(struct thread *thread, struct action *action, u64 from, u32 size, u32 last)
{
	if (!thread || !action)
		return DONE;
	if (size <= SLOT_DATA) {
		struct slot *slot = ring_reserve(&memory, sizeof(*slot), 0);
		if (!slot)
			return full(thread);
		label(&slot->head, thread, action, from);
		return settle(thread, &slot->head, READ(slot->data, SLOT_DATA, size, from), last);
	}
	struct large *slot = ring_reserve(&large, sizeof(*slot), 0);
	if (!slot)
		return full(thread);
	label(&slot->head, thread, action, from);
	return settle(thread, &slot->head, READ(slot->data, LARGE_DATA, size, from), last);
}

static __attribute__((noinline)) int keep_text(struct thread *thread, struct action *action, u64 from, u32 last)
{
	if (!thread || !action)
		return DONE;
	struct slot *slot = ring_reserve(&memory, sizeof(*slot), 0);
	if (!slot)
		return full(thread);
	label(&slot->head, thread, action, from);
	long length = read_user_text(slot->data, SLOT_DATA, (void *)from);
	if (length < SLOT_DATA)
		return settle(thread, &slot->head, length, last);
	ring_discard(slot, NO_WAKEUP);                // longer than that
	struct large *more = ring_reserve(&large, sizeof(*more), 0);
	if (!more)
		return full(thread);
	label(&more->head, thread, action, from);
	return settle(thread, &more->head, read_user_text(more->data, LARGE_DATA, (void *)from), last);
}

struct segment { u64 base, size; };

static __attribute__((noinline)) int keep_segments(struct thread *thread, struct action *action, u64 vector, u32 entries, u64 left)
{
	if (!thread || !action)
		return DONE;
	for (u32 turn = 0; turn < 8; turn++) {
		if (turn >= entries || !left)
			break;
		struct segment segment = {};
		if (read_user(&segment, sizeof(segment), (void *)(vector + turn * sizeof(segment))))
			break;
		u64 size = segment.size < left ? segment.size : left;
		left -= size;
		if (size > config.capture_bytes)
			size = config.capture_bytes;
		if (size > SLOT_DATA)
			size = SLOT_DATA;
		if (!size)
			continue;
		struct slot *slot = ring_reserve(&memory, sizeof(*slot), 0);
		if (!slot)
			return full(thread);
		label(&slot->head, thread, action, segment.base);
		settle(thread, &slot->head, read_user(slot->data, size, (void *)segment.base) ? -1 : size, 1);
	}
	return DONE;
}

inline_ int applies(struct thread *thread, struct action *action)
{
	if (!action->matches)
		return 1;
	u64 value = argument(thread, action->match_arg) & action->mask;
	return value == action->match[0] || (action->matches > 1 && value == action->match[1]) ||
	       (action->matches > 2 && value == action->match[2]) || (action->matches > 3 && value == action->match[3]);
}

inline_ int perform(struct thread *thread, struct action *action, u32 last)
{
	if (!applies(thread, action))
		return DONE;
	u64 address = base_of(thread, &action->at);
	if (!address)
		return DONE;
	if (action->shape == TEXT)
		return keep_text(thread, action, address, last);
	u32 size = size_of(thread, &action->size);
	if (action->shape == SEGMENTS)
		return keep_segments(thread, action, address, size_of(thread, &action->entries),
		                     action->when == AT_ENTRY ? ~0ull : thread->result > 0 ? thread->result : 0);
	if (action->payload && size > config.capture_bytes)
		size = config.capture_bytes;
	return size ? keep(thread, action, address, size, last) : DONE;
}

inline_ struct plan *plan_of(struct thread *thread)
{
	u32 key = thread->nr;
	if (key >= 512 || thread->abi == X32)
		return 0;
	if (thread->abi == I386)
		key += 512;
	return map_lookup(&plans, &key);
}

#define NR_WRITE 1
#define NR_I386_WRITE 4

// A write to descriptor -1 is how a program marks a moment: its text is kept whatever the plans say.
inline_ int is_mark(struct thread *thread)
{
	return (u32)thread->args[0] == 0xffffffff &&
	       thread->nr == (thread->abi == I386 ? NR_I386_WRITE : NR_WRITE);
}

inline_ void at_entry(struct thread *thread)
{
	if (is_mark(thread)) {
		struct action text = { .arg = 1 };
		u32 size = thread->args[2] < SLOT_DATA ? thread->args[2] : SLOT_DATA;
		if (size)
			keep(thread, &text, thread->args[1], size, 1);
		return;
	}
	struct plan *plan = plan_of(thread);
	if (!plan || !plan->entry)
		return;
	for (u32 i = 0; i < MOST_ACTIONS; i++) {
		if (i >= plan->entry)
			break;
		if (perform(thread, &plan->actions[i], 0) == AGAIN)
			thread->retry |= 1 << i;
	}
}

inline_ void at_exit(struct thread *thread)
{
	struct plan *plan = plan_of(thread);
	if (!plan || (!plan->exit && !thread->retry))
		return;
	for (u32 i = 0; i < MOST_ACTIONS; i++) {
		struct action *action = &plan->actions[i];
		if (i < plan->entry) {
			if (!(thread->retry & (1 << i)))
				continue;
		} else {
			if (i >= plan->entry + plan->exit)
				break;
			if (action->needs == SUCCESS && thread->result < 0)
				continue;
			if (action->needs == POSITIVE && thread->result <= 0)
				continue;
		}
		perform(thread, action, 1);
	}
}

// --- calls ----------------------------------------------------------------------------------------------------

inline_ void take_arguments(struct thread *thread, struct regs *regs, s64 nr)
{
	thread->nr = (s32)nr;
	thread->ip = regs->ip;
	u32 status = 0;
	if (config.status)
		read_kernel(&status, sizeof(status), (void *)current_task() + config.status);
	if (status & COMPAT) {
		thread->abi = I386;
		thread->args[0] = (u32)regs->bx;
		thread->args[1] = (u32)regs->cx;
		thread->args[2] = (u32)regs->dx;
		thread->args[3] = (u32)regs->si;
		thread->args[4] = (u32)regs->di;
		thread->args[5] = (u32)regs->bp;
		return;
	}
	thread->abi = X86_64;
	if (nr >= 0 && nr & X32_BIT) {
		thread->abi = X32;
		thread->nr = nr & ~X32_BIT;
	}
	thread->args[0] = regs->di;
	thread->args[1] = regs->si;
	thread->args[2] = regs->dx;
	thread->args[3] = regs->r10;
	thread->args[4] = regs->r8;
	thread->args[5] = regs->r9;
}

SEC("tp_btf/sys_enter") int on_enter(u64 *context)
{
	struct thread *thread = thread_of(current_task());
	if (!thread)
		return 0;
	u64 now = now_ns();
	if (!thread->tid)
		name_it(thread);
	take_arguments(thread, (struct regs *)context[0], (s64)context[1]);
	thread->at = now;
	thread->in_call = 1;
	thread->switches = 0;
	at_entry(thread);
	return 0;
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

SEC("tp_btf/sys_exit") int on_exit(u64 *context)
{
	struct thread *thread = thread_of(current_task());
	if (!thread)
		return 0;
	s64 result = (s64)context[1];
	if (thread->newborn) {                        // the child's way out of the clone that made it
		spawned(thread, now_ns());
		return 0;
	}
	u64 now = now_ns();
	u16 flags = 0;
	if (!thread->in_call) {                       // attached inside it, or refused by a seccomp filter
		struct regs *regs = (struct regs *)context[0];
		if (!thread->tid)
			name_it(thread);
		take_arguments(thread, regs, (s64)regs->orig_ax);
		thread->at = thread->attached ? thread->since : now;
		flags = thread->attached ? NO_ENTRY : 0;
		if (thread->attached) {
			thread->blocked += thread->user_blocked;
			thread->delay += thread->user_delay;
			thread->user_blocked = thread->user_delay = 0;
		}
	}
	thread->attached = 0;
	thread->result = result;
	at_exit(thread);
	struct record *record = begin(thread, CALL, now);
	if (record) {
		fill_call(record, thread, now);
		record->flags |= flags;
		record->result = result;
		ring_submit(record, NO_WAKEUP);
	}
	next_part(thread, now);
	return 0;
}

// --- on and off the CPU ---------------------------------------------------------------------------------------

SEC("tp_btf/sched_switch") int on_switch(u64 *context)
{
	u64 now = 0;
	struct thread *thread = thread_of((struct task *)context[1]);
	if (thread) {
		thread->off = now = now_ns();
		thread->woken = 0;
		thread->asleep = !context[0] && context[3];
	}
	thread = thread_of((struct task *)context[2]);
	if (!thread || !thread->off)
		return 0;
	if (!now)
		now = now_ns();
	u64 away = now - thread->off, slept = 0;
	if (thread->asleep)
		slept = thread->woken > thread->off ? thread->woken - thread->off : away;
	if (thread->in_call) {
		thread->blocked += slept;
		thread->delay += away - slept;
		thread->switches++;
	} else {
		thread->user_blocked += slept;
		thread->user_delay += away - slept;
		thread->user_switches++;
	}
	thread->off = 0;
	return 0;
}

SEC("tp_btf/sched_wakeup") int on_wakeup(u64 *context)
{
	struct thread *thread = thread_of((struct task *)context[0]);
	if (thread && thread->off && !thread->woken)
		thread->woken = now_ns();
	return 0;
}

// --- lives ----------------------------------------------------------------------------------------------------

SEC("tp_btf/sched_process_fork") int on_fork(u64 *context)
{
	struct thread *parent = thread_of((struct task *)context[0]);
	if (!parent)
		return 0;
	struct thread *child = task_storage(&tasks, (struct task *)context[1], 0, CREATE);
	if (!child) {
		count(LOST_EVENTS, 1);
		return 0;
	}
	if (!parent->tid)
		name_it(parent);
	child->newborn = 1;
	child->parent_pid = parent->pid;
	child->parent_tid = parent->tid;
	child->since = now_ns();
	return 0;
}

SEC("tp_btf/sched_process_exec") int on_exec(u64 *context)
{
	struct thread *thread = thread_of(current_task());
	if (!thread)
		return 0;
	u32 former = thread->tid;
	name_it(thread);
	struct slot *slot = ring_reserve(&memory, sizeof(*slot), 0);
	if (slot) {                                     // by then the process may be gone from /proc
		char *name = 0;
		label(&slot->head, thread, &(struct action){ .arg = 255 }, 0);
		slot->head.seq |= APART;
		if (config.filename)
			read_kernel(&name, sizeof(name), (void *)context[2] + config.filename);
		long length = name ? read_kernel_text(slot->data, SLOT_DATA, name) : 0;
		slot->head.length = length > 0 && length < SLOT_DATA ? length - 1 : 0;
		ring_submit(slot, NO_WAKEUP);
	}
	struct record *record = begin(thread, EXEC, now_ns());
	if (record) {
		record->seq |= APART;
		record->items = slot ? 1 : 0;
		record->args[0] = former;
		sign(record);
		ring_submit(record, NO_WAKEUP);
	}
	return 0;
}

SEC("tp_btf/sched_process_exit") int on_process_exit(u64 *context)
{
	struct task *task = (struct task *)context[0];
	struct thread *thread = thread_of(task);
	if (!thread || thread->ended)
		return 0;
	u64 now = now_ns();
	thread->ended = 1;
	if (thread->newborn)
		spawned(thread, now);
	if (!thread->tid)
		name_it(thread);
	if (thread->in_call) {
		struct record *record = begin(thread, ENTERED, now);
		if (record) {
			fill_call(record, thread, now);
			record->flags |= FINAL;
			ring_submit(record, NO_WAKEUP);
		}
		next_part(thread, now);
	}
	s32 code = -1;
	if (config.exit_code)
		read_kernel(&code, sizeof(code), (void *)task + config.exit_code);
	struct record *record = begin(thread, EXIT, now);
	if (record) {
		fill_call(record, thread, now);
		record->at = now;
		for (int i = 0; i < 4; i++)
			record->args[i] = 0;
		record->nr = 0;
		record->ip = 0;
		record->items = 0;
		sign(record);
		record->result = code;
		ring_submit(record, NO_WAKEUP);
	}
	next_part(thread, now);
	return 0;
}

struct signal_head { s32 number, error, code; };

SEC("tp_btf/signal_deliver") int on_signal(u64 *context)
{
	struct thread *thread = thread_of(current_task());
	if (!thread)
		return 0;
	struct slot *slot = ring_reserve(&memory, sizeof(*slot), 0);
	u64 now = now_ns();
	if (!thread->tid)
		name_it(thread);
	s32 code = 0;
	if (slot) {
		slot->head.tid = thread->tid;
		slot->head.seq = thread->seq | APART;
		slot->head.address = 0;
		slot->head.arg = 255;
		slot->head.when = slot->head.reason = slot->head.order = 0;
		slot->head.length = 48;                      // struct kernel_siginfo begins as siginfo does
		if (read_kernel(slot->data, 48, (void *)context[1]))
			slot->head.length = 0;
		else
			code = ((struct signal_head *)slot->data)->code;
		ring_submit(slot, NO_WAKEUP);
	} else {
		count(LOST_MEMORY, 1);
	}
	struct record *record = begin(thread, SIGNAL, now);
	if (record) {
		record->nr = (s32)context[0];
		record->args[0] = (u64)(s64)code;
		record->items = slot ? 1 : 0;
		record->seq |= APART;
		ring_submit(record, NO_WAKEUP);
	}
	return 0;
}

char terms[] SEC("license") = "Dual MIT/GPL";
