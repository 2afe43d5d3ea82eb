// Memory that is reached through memory: argument vectors, messages, the requests of native AIO. Programs of their own,
// each looked at by the verifier by itself, that go on behind the actions of a plan; it names at most one for each stop.
// Sections: tail/TRACE POINT/`enum nested`.
//
// Messages and requests are kept one in each run of a program, which goes on with itself for the next: a loop over them would
// be followed turn by turn, at a cost that is a multiple of what one takes to verify, and on older kernels near to the limit.
//
// Whatever there are more of than the limits here is left out, and is then unknown: the array that leads to it is
// kept whole.

#define MOST_STRINGS 128        // of an argv or envp, of which lengths are kept
#define MOST_TEXTS 64           // of an argv, of which the text is kept
#define MOST_MESSAGES 8
#define MOST_REQUESTS 8
#define MOST_CONTROL 4096
#define SOCKADDR 128            // struct sockaddr_storage
#define MOST_SEGMENTS 1024      // UIO_MAXIOV
#define E2BIG 7

inline_ u32 width_of(struct thread *thread)
{
	return thread->abi == NARROW_ABI ? 4 : 8;
}

inline_ u64 pointer_at(u64 address, u32 width)
{
	u64 pointer = 0;
	read_user(&pointer, width == 4 ? 4 : 8, (void *)address);
	return pointer;
}

inline_ u32 least(u64 one, u32 other)
{
	return one < other ? one : other;
}

// How many there are of something is put by in FOUND: the verifier follows each value a register may have, and one it
// loads has any.

// The pointers of an array that ends with a NULL. How many there are before it is FOUND.
static __attribute__((noinline)) int keep_pointers(struct thread *thread, u32 arg)
{
	if (!thread)
		return 0;
	u64 array = argument(thread, arg);
	u32 width = width_of(thread), found = 0;
	struct action pointers = { .arg = arg };
	for (; array && found < MOST_STRINGS; found++)
		if (!pointer_at(array + found * width, width))
			break;
	FOUND(thread) = found;
	if (array)
		keep(thread, &pointers, array, least(FOUND(thread) + 1, MOST_STRINGS) * width, 1);
	return 0;
}

static __attribute__((noinline)) int keep_strings(struct thread *thread, u32 arg)
{
	if (!thread)
		return 0;
	u32 width = width_of(thread);
	u64 array = argument(thread, arg);
	struct action strings = { .arg = arg };
	for (u32 i = 0; i < MOST_TEXTS; i++) {
		if (i >= FOUND(thread))
			break;
		keep_text(thread, &strings, pointer_at(array + i * width, width), i && config.redact ? STARRED : 1);
	}
	return 0;
}

// How long the strings are, with their NULs.
static __attribute__((noinline)) int keep_lengths(struct thread *thread, u32 arg)
{
	if (!thread || !argument(thread, arg))
		return 0;
	u32 width = width_of(thread);
	u64 array = argument(thread, arg);
	struct action strings = { .arg = arg };
	struct large *text = ring_reserve(&large, sizeof(*text), 0);
	if (!text)
		return full(thread);
	struct large *slot = ring_reserve(&large, sizeof(*slot), 0);
	if (!slot) {
		ring_discard(text, NO_WAKEUP);
		return full(thread);
	}
	label(&slot->head, thread, &strings, 0);
	u32 *lengths = (u32 *)slot->data;
	for (u32 i = 0; i < MOST_STRINGS; i++) {
		if (i >= FOUND(thread))
			break;
		long length = read_user_text(text->data, LARGE_DATA, (void *)pointer_at(array + i * width, width));
		if (length <= 0 || length == LARGE_DATA)
			slot->head.reason = length <= 0 ? EFAULT : E2BIG;
		lengths[i] = length;
	}
	ring_discard(text, NO_WAKEUP);
	slot->head.length = slot->head.reason ? 0 : FOUND(thread) * 4;
	thread->items++;
	ring_submit(slot, NO_WAKEUP);
	return 0;
}

// struct msghdr and the length behind it of struct mmsghdr, in 64 bits, or what it is in 32.
struct message { u64 name; u32 room, pad; u64 vector, segments, control, controls; u32 flags, pad2, length, pad3; };
struct narrow_message { u32 name, room, vector, segments, control, controls, flags, length; };

static __attribute__((noinline)) int read_message(struct message *message, u64 from, u32 width)
{
	if (!message)
		return 0;
	if (width == 8)
		return !read_user(message, sizeof(*message), (void *)from);
	struct narrow_message narrow = {};
	if (read_user(&narrow, sizeof(narrow), (void *)from))
		return 0;
	message->name = narrow.name;
	message->room = narrow.room;
	message->vector = narrow.vector;
	message->segments = narrow.segments;
	message->control = narrow.control;
	message->controls = narrow.controls;
	message->length = narrow.length;
	return 1;
}

inline_ void keep_some(struct thread *thread, struct action *action, u64 from, u32 size)
{
	if (from && size)
		keep(thread, action, from, size, 1);
}

enum which { TO_SEND, TO_FILL, FILLED };

// One of them, in the first turn the array as well. Whether there may be another.
inline_ int keep_message(struct thread *thread, u32 which)
{
	u32 width = width_of(thread), size = width == 8 ? sizeof(struct message) : sizeof(struct narrow_message);
	struct action messages = { .arg = 1, .when = which == FILLED ? AT_EXIT : AT_ENTRY };
	u64 array = thread->args[1];
	u32 found = which != FILLED ? (u32)thread->args[2] : thread->result > 0 ? thread->result : 0, turn = thread->turn;
	if (!array || !found)
		return 0;
	if (!turn)
		keep(thread, &messages, array, least(found, MOST_SEGMENTS) * size, 1);
	struct message message = {};
	if (!read_message(&message, array + turn * size, width))
		return 0;
	if (which != FILLED)
		keep_some(thread, &messages, message.vector, least(message.segments, MOST_SEGMENTS) * 2 * width);
	if (which != TO_FILL) {
		keep_some(thread, &messages, message.name, least(message.room, SOCKADDR));
		keep_some(thread, &messages, message.control, least(message.controls, MOST_CONTROL));
		if (!config.redact && config.capture_bytes)
			keep_segments(thread, &messages, message.vector, message.segments,
			              which == FILLED ? message.length : ~0ull);
	}
	thread->turn = turn + 1;
	return turn + 1 < least(found, MOST_MESSAGES);
}

struct request { u16 operation, priority; u32 descriptor; u64 buffer, size; };  // of struct iocb, from its 17th byte on
enum operation { PWRITE = 1, PREADV = 7, PWRITEV = 8 };                         // linux/aio_abi.h
#define IOCB 64

// As with messages.
inline_ int keep_request(struct thread *thread)
{
	u32 width = width_of(thread);
	u64 array = thread->args[2];
	u32 turn = thread->turn;
	struct action requests = { .arg = 2 };
	if (!array || (width == 8 ? (s64)thread->args[1] : (s32)thread->args[1]) <= 0)
		return 0;
	if (!turn)
		keep(thread, &requests, array, least(thread->args[1], MOST_SEGMENTS) * width, 1);
	thread->turn = turn + 1;
	struct request request = {};
	u64 from = pointer_at(array + turn * width, width);
	keep(thread, &requests, from, IOCB, 1);
	if (!read_user(&request, sizeof(request), (void *)(from + 16))) {
		if (request.operation == PREADV || request.operation == PWRITEV)
			keep_some(thread, &requests, request.buffer, least(request.size, MOST_SEGMENTS) * 2 * width);
		if (!config.redact && config.capture_bytes) {
			if (request.operation == PWRITEV)
				keep_segments(thread, &requests, request.buffer, request.size, ~0ull);
			else if (request.operation == PWRITE)
				keep_some(thread, &requests, request.buffer, least(request.size, config.capture_bytes));
		}
	}
	return turn + 1 < least(thread->args[1], MOST_REQUESTS);
}

// How many descriptors the process's table has room for, which is as far as the kernel looks at an fd_set.
inline_ void keep_table_size(struct thread *thread)
{
	u32 most = most_descriptors();
	if ((s32)thread->args[0] <= 64 || !most)
		return;
	struct slot *slot = ring_reserve(&memory, sizeof(*slot), 0);
	if (!slot) {
		full(thread);
		return;
	}
	label(&slot->head, thread, &(struct action){ .arg = NO_ARG }, 0);
	*(u32 *)slot->data = most;
	slot->head.length = sizeof(most);
	thread->items++;
	ring_submit(slot, NO_WAKEUP);
}

// What was kept here took time that is no time of the program.
inline_ int entered(struct thread *thread)
{
	thread->own = now_ns() - thread->at;
	return 0;
}

SEC("tail/sys_enter/1") int strings(u64 *context)
{
	struct thread *thread = thread_of(current_task());
	if (!thread)
		return 0;
	u32 arg = thread->number & 3;
	keep_pointers(thread, arg);
	keep_strings(thread, arg);
	keep_pointers(thread, arg + 1);
	keep_lengths(thread, arg + 1);
	return entered(thread);
}

SEC("tail/sys_enter/3") int table_size(u64 *context)
{
	struct thread *thread = thread_of(current_task());
	if (!thread)
		return 0;
	keep_table_size(thread);
	return entered(thread);
}

SEC("tail/sys_enter/4") int requests(u64 *context)
{
	struct thread *thread = thread_of(current_task());
	if (!thread)
		return 0;
	if (keep_request(thread))
		tail_call(context, &before, REQUESTS);
	return entered(thread);
}

SEC("tail/sys_enter/5") int messages_sent(u64 *context)
{
	struct thread *thread = thread_of(current_task());
	if (!thread)
		return 0;
	if (keep_message(thread, TO_SEND))
		tail_call(context, &before, MESSAGES_SENT);
	return entered(thread);
}

SEC("tail/sys_enter/6") int messages_to_fill(u64 *context)
{
	struct thread *thread = thread_of(current_task());
	if (!thread)
		return 0;
	if (keep_message(thread, TO_FILL))
		tail_call(context, &before, MESSAGES_TO_FILL);
	return entered(thread);
}

SEC("tail/sys_exit/7") int messages_filled(u64 *context)
{
	struct thread *thread = thread_of(current_task());
	if (!thread)
		return 0;
	if (keep_message(thread, FILLED))
		tail_call(context, &after, MESSAGES_FILLED);
	return leave(thread, now_ns());
}
