// --stacks: the user stack at the end of chosen calls, as two pieces of memory. `config` is constant, so without the
// option nothing of it is left in the programs.
//
// The chain of frame pointers is followed by the kernel (`perf_callchain_user`); what it leaves out is found later,
// from the bytes of the stack (tracer/analyze/stacks/unwind.py).

struct map stacks SEC("maps");     // what must be known of each call, in the order of `config.chosen`; behind it a time
struct map scratch SEC("maps");    // room for one stack on every CPU

#define MOST_FRAMES 127
struct frames { u64 addresses[MOST_FRAMES]; };
static long (*get_stack)(void *context, void *to, u32 size, u64 flags) = (void *)67;
#define USER_STACK_WANTED (1 << 8)        // BPF_F_USER_STACK
#define USER_STACK 251                    // as in tracer/wire.py
#define STACK_MEMORY 250

// As in tracer/capture/stack_choice.py and tracer/capture/ebpf/stack_maps.py.
enum traits { NAMED = 1, WITH_MILLISECONDS = 2, WITH_STRUCT = 4, NEVER = 8 };
enum wanted { STACKS_AT_ALL = 1, OF_WASTED = 2, OF_FAILED = 4, OF_ALL = 8, OF_BLOCKED = 16, WITH_MEMORY = 32 };
#define TIMEOUT_AT 8

inline_ u32 stack_traits(struct thread *thread)
{
	u32 key = thread->nr;
	if (key >= (thread->abi == X32 ? 2 * TABLE : TABLE))
		return 0;
	key += thread->abi == NARROW_ABI ? TABLE : thread->abi == X32 ? 2 * TABLE : 0;
	u64 *found = map_lookup(&stacks, &key);
	return found ? *found : 0;
}

// A wait that found nothing with a timeout of 0, which never sleeps.
inline_ int asked_in_vain(struct thread *thread, u32 traits)
{
	u64 timeout = argument(thread, traits >> TIMEOUT_AT);
	if (traits & WITH_MILLISECONDS)
		return !(u32)timeout;
	return traits & WITH_STRUCT && timeout && !thread->blocked;
}

inline_ int slept_long(struct thread *thread)
{
	u32 key = CHOSEN;
	u64 *limit = map_lookup(&stacks, &key);
	return config.stacks & OF_BLOCKED && limit && thread->blocked > *limit;
}

inline_ int has_chosen_stack(struct thread *thread, u32 traits)
{
	s64 result = thread->result;
	if (config.stacks & OF_ALL)
		return 1;
	if (result < 0 && result >= -4095)
		return (config.stacks & OF_WASTED && result == -11) ||
		       (config.stacks & OF_FAILED && !(result <= -512 && result >= -516));
	return config.stacks & OF_WASTED && !result && asked_in_vain(thread, traits);
}

inline_ void keep_frames(struct thread *thread, u64 frame, struct frames *frames, u32 size)
{
	struct action piece = { .arg = USER_STACK, .when = AT_EXIT };
	if (size <= SLOT_DATA) {
		struct slot *slot = ring_reserve(&memory, sizeof(*slot), 0);
		if (!slot) {
			full(thread);
			return;
		}
		label(&slot->head, thread, &piece, frame);
		AS_IT_IS(size);
		if (size > SLOT_DATA)
			size = SLOT_DATA;
		settle(thread, &slot->head, read_kernel(slot->data, size, frames) ? -1 : size, 1);
		return;
	}
	struct large *slot = ring_reserve(&large, sizeof(*slot), 0);
	if (!slot) {
		full(thread);
		return;
	}
	label(&slot->head, thread, &piece, frame);
	if (size > sizeof(*frames))
		size = sizeof(*frames);
	settle(thread, &slot->head, read_kernel(slot->data, size, frames) ? -1 : size, 1);
}

// Whether it kept one. After the result is known, before the record.
inline_ int keep_stack(u64 *context, struct thread *thread)
{
	u32 traits = stack_traits(thread), zero = 0;
	if (traits & NEVER && !thread->result)
		return 0;
	int whole = traits & NAMED || slept_long(thread);
	if (!whole && !has_chosen_stack(thread, traits))
		return 0;
	struct frames *frames = map_lookup(&scratch, &zero);
	if (!frames)
		return 0;
	long size = get_stack(context, frames, sizeof(*frames), USER_STACK_WANTED);
	if (size <= 0)
		return 1;
	struct regs *regs = (struct regs *)context[0];
	keep_frames(thread, FRAME(regs), frames, size);
	if (config.stacks & WITH_MEMORY && thread->abi != NARROW_ABI) {
		struct action piece = { .arg = STACK_MEMORY, .when = AT_EXIT };
		keep(thread, &piece, STACK(regs), whole ? LARGE_DATA : SLOT_DATA, 1);
	}
	return 1;
}
