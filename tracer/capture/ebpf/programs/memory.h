// User memory: the plans that the declarations of calls were compiled to, carried out.
//
// Every branch here is looked at by the verifier once for each action and piece, so there are few.

// Eight of them, of which six are in use, so that a masked index needs no questions: every branch here is looked
// at by the verifier once for each action and piece.
inline_ u64 argument(struct thread *thread, u32 index)
{
	return thread->args[index & 7];
}

// How many descriptors the process's table has room for, 0 when that is not known.
inline_ u32 most_descriptors(void)
{
	u64 files = 0, table = 0;
	u32 most = 0;
	if (!config.files || read_kernel(&files, sizeof(files), (void *)current_task() + config.files) ||
	    read_kernel(&table, sizeof(table), (void *)files + config.table) ||
	    read_kernel(&most, sizeof(most), (void *)table + config.most))
		return 0;
	return most;
}

// Whole words of so many bits, as far as the table goes (FDS_BYTES and `core_sys_select`, fs/select.c).
static __attribute__((noinline)) u64 bytes_of_set(u64 descriptors)
{
	descriptors &= 0x7fffffff;
	if (descriptors > 64) {
		u32 most = most_descriptors();
		if (most && descriptors > most)
			descriptors = most;
	}
	return (descriptors + 63) / 64 * 8;
}

inline_ s64 base_of(struct thread *thread, struct value *value)
{
	u64 number = argument(thread, value->arg);
	u8 source = value->source;
	if (source == INT_ARG)
		number = (s64)(s32)number;
	else if (source == RESULT)
		number = thread->result;
	else if (source == FD_SET)
		return bytes_of_set(number);
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

#define STARRED 2               // of what is read, keep how long it is

static __attribute__((noinline)) int keep_text(struct thread *thread, struct action *action, u64 from, u32 last)
{
	if (!thread || !action)
		return DONE;
	struct slot *slot = ring_reserve(&memory, sizeof(*slot), 0);
	if (!slot)
		return full(thread);
	label(&slot->head, thread, action, from);
	long length = read_user_text(slot->data, SLOT_DATA, (void *)from);
	if (config.redact && last == STARRED)
		read_kernel(slot->data, SLOT_DATA, (void *)config.stars);
	if (length < SLOT_DATA)
		return settle(thread, &slot->head, length, last);
	ring_discard(slot, NO_WAKEUP);                // longer than that
	struct large *more = ring_reserve(&large, sizeof(*more), 0);
	if (!more)
		return full(thread);
	label(&more->head, thread, action, from);
	length = read_user_text(more->data, LARGE_DATA, (void *)from);
	if (config.redact && last == STARRED)
		read_kernel(more->data, LARGE_DATA, (void *)config.stars);
	return settle(thread, &more->head, length, last);
}

struct segment { u64 base, size; };
struct narrow_segment { u32 base, size; };

inline_ int read_segment(struct thread *thread, struct segment *segment, u64 vector, u32 place)
{
	if (thread->abi != NARROW_ABI)
		return read_user(segment, sizeof(*segment), (void *)(vector + place * sizeof(*segment)));
	struct narrow_segment narrow = {};
	long failed = read_user(&narrow, sizeof(narrow), (void *)(vector + place * sizeof(narrow)));
	segment->base = narrow.base;
	segment->size = narrow.size;
	return failed;
}

static __attribute__((noinline)) int keep_segments(struct thread *thread, struct action *action, u64 vector, u32 entries, u64 left)
{
	if (!thread || !action)
		return DONE;
	thread->room = left;
	thread->number = entries;
	for (u32 turn = 0; turn < 8; turn++) {
		if (turn >= thread->number || !thread->room)
			break;
		struct segment segment = {};
		if (read_segment(thread, &segment, vector, turn))
			break;
		u64 size = segment.size < thread->room ? segment.size : thread->room;
		thread->room -= size;
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

#ifdef UNFOLDING
#include "unfold.h"
#endif

inline_ struct plan *plan_of(struct thread *thread)
{
	u32 key = thread->nr;
	if (thread->abi == X32)
		return 0;
	if (thread->abi == NARROW_ABI)
#ifdef UNFOLDING
		key = key < TABLE ? key + TABLE : multiplexed_place(key & 0xffff, key >> OPERATION);
#else
		key = key < TABLE ? key + TABLE : PLANS;
#endif
	if (key >= PLANS)
		return 0;
	return map_lookup(&plans, &key);
}

// A write to descriptor -1 is how a program marks a moment: its text is kept whatever the plans say.
inline_ int is_mark(struct thread *thread)
{
	return (u32)thread->args[0] == 0xffffffff &&
	       thread->nr == (thread->abi == NARROW_ABI ? NR_NARROW_WRITE : NR_WRITE);
}

#define GOES_ON 8               // the place of an `enum nested` in what these return: that there is more to keep

// Both say whether there was something to keep: what that took is no time of the program, and worth a look at the
// clock. What every call costs is calibrated instead.
inline_ int at_entry(struct thread *thread)
{
	if (is_mark(thread)) {
		struct action text = { .arg = 1 };
		u32 size = thread->args[2] < SLOT_DATA ? thread->args[2] : SLOT_DATA;
		if (size)
			keep(thread, &text, thread->args[1], size, 1);
		return 1;
	}
	struct plan *plan = plan_of(thread);
	if (!plan || !(plan->entry | plan->before))
		return 0;
	for (u32 i = 0; i < MOST_ACTIONS; i++) {
		if (i >= plan->entry)
			break;
		if (perform(thread, &plan->actions[i], 0) == AGAIN)
			thread->retry |= 1 << i;
	}
	return 1 | plan->before << GOES_ON;
}

inline_ int at_exit(struct thread *thread)
{
	struct plan *plan = plan_of(thread);
	if (!plan || (!(plan->exit | plan->after) && !thread->retry))
		return 0;
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
	return 1 | plan->after << GOES_ON;
}
