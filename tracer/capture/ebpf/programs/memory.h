// User memory: the plans that the declarations of calls were compiled to, carried out.
//
// Every branch here is looked at by the verifier once for each action and piece, so there are few.

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
	if (thread->abi == NARROW_ABI)
		key += 512;
	return map_lookup(&plans, &key);
}

// A write to descriptor -1 is how a program marks a moment: its text is kept whatever the plans say.
inline_ int is_mark(struct thread *thread)
{
	return (u32)thread->args[0] == 0xffffffff &&
	       thread->nr == (thread->abi == NARROW_ABI ? NR_NARROW_WRITE : NR_WRITE);
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
