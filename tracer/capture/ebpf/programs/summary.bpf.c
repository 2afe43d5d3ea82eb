// What --summary runs in the kernel: as iotrace.bpf.c, but calls are summed up there (sums.h) and not told of one by one.
//
// Told of as always are births, execs, ends, signals and marks; of calls only those that make a mark, that succeed in
// executing a program, that never return, and the one a thread was in when we came.

#include "kernel.h"
#include "means.h"
#include "shapes.h"
#include "machine.h"
#include "state.h"
#include "scope.h"
#include "memory.h"
#include "switches.h"
#include "calls.h"
#include "lives.h"
#include "sums.h"

#define PREFIX 0x3a65636172746f69ull    // "iotrace:"

// A mark begins another era: what is entered from here on is summed up apart.
inline_ void mark(struct thread *thread, u64 now)
{
	u64 text = 0;
	u32 which = ERA;
	struct action action = { .arg = 1 };
	u32 size = thread->args[2] < SLOT_DATA ? thread->args[2] : SLOT_DATA;
	thread->single = ALONE;
	if (size)
		keep(thread, &action, thread->args[1], size, 1);
	if (size < sizeof(text) || read_user(&text, sizeof(text), (void *)thread->args[1]) || text != PREFIX)
		return;
	u64 *era = map_lookup(&settings, &which);
	if (!era)
		return;
	u32 place = __sync_fetch_and_add(era, 1) + 1;
	place &= ERAS - 1;
	map_update(&eras, &place, &now, 0);
}

inline_ u8 asks(struct thread *thread)
{
	u8 means = thread->means;
	if (MEANS(means) == WAITS_MS || MEANS(means) == WAITS_STRUCT)
		return only_asks(means, thread->args[TIMEOUT(means)]) ? ASKED : 0;
	if (MEANS(means) == COMPLETES)          // min_complete, and IORING_ENTER_GETEVENTS
		return (u32)thread->args[2] && thread->args[3] & 1 ? COMPLETIONS : 0;
	return 0;
}

SEC("tp_btf/sys_enter") int on_enter(u64 *context)
{
	struct thread *thread = thread_of(current_task());
	if (!thread)
		return 0;
	u64 now = enters(thread, context);
	if (!now)
		return 0;
	thread->era = setting(ERA);
	u32 place = place_of(thread->nr, thread->abi == NARROW_ABI);
	u8 *means = map_lookup(&meanings, &place);
	thread->means = means ? *means : 0;
	thread->asks = thread->means ? asks(thread) : 0;
	if (is_mark(thread))
		mark(thread, now);
	return 0;
}

SEC("tp_btf/sys_exit") int on_exit(u64 *context)
{
	struct thread *thread = thread_of(current_task());
	if (!thread)
		return 0;
	u64 now = leaves(thread, context);
	if (!now)
		return 0;
	u16 flags = 0;
	if (!thread->in_call) {
		flags = was_inside(thread, (struct regs *)context[0], now);
		thread->era = setting(ERA);
		thread->means = thread->asks = 0;
		if (flags)
			thread->single = ALONE;
	}
	thread->attached = 0;
	thread->result = (s64)context[1];
	if (thread->single == ALONE) {
		struct record *record = begin(thread, CALL, now);
		thread->single = SUMMED;
		if (record) {
			fill_call(record, thread, now);
			record->flags |= flags;
			record->result = thread->result;
			ring_submit(record, NO_WAKEUP);
		}
	} else if (!thread->quiet) {
		sum_up(thread, now);
	}
	next_part(thread, now);
	return 0;
}

char terms[] SEC("license") = "Dual MIT/GPL";
