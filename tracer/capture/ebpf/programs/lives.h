// Threads born, replaced, ended, signalled.

SEC("tp_btf/sched_process_fork") int on_fork(u64 *context)
{
	struct thread *parent = thread_of((struct task *)context[0]);
	if (!parent || !follows((struct task *)context[0], (struct task *)context[1]))
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
	child->since = child->off = now_ns();
	return 0;
}

#define MOST_VECTOR 32          // pairs of an auxiliary vector (AT_VECTOR_SIZE_BASE and what an architecture adds)

// The auxiliary vector of the new image, which was put onto its stack: a piece of the execve that is about to return.
inline_ void keep_image(struct thread *thread)
{
	u64 space = 0;
	if (!config.space || !config.vector ||
	    read_kernel(&space, sizeof(space), (void *)current_task() + config.space))
		return;
	struct large *slot = ring_reserve(&large, sizeof(*slot), 0);
	if (!slot) {
		full(thread);
		return;
	}
	label(&slot->head, thread, &(struct action){ .arg = NO_ARG, .when = AT_EXIT }, 0);
	u64 *pairs = (u64 *)slot->data;
	for (u32 i = 0; i < MOST_VECTOR; i++) {
		if (read_kernel(&pairs[2 * i], 16, (void *)space + config.vector + 16 * i))
			break;
		slot->head.length += 16;
		if (!pairs[2 * i])
			break;
	}
	slot->head.reason = slot->head.length ? 0 : EFAULT;
	thread->items++;
	ring_submit(slot, NO_WAKEUP);
}

SEC("tp_btf/sched_process_exec") int on_exec(u64 *context)
{
	struct thread *thread = thread_of(current_task());
	if (!thread)
		return 0;
	u32 former = thread->tid;
	name_it(thread);
	thread->quiet = 0;
	thread->single = ALONE;
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
	keep_image(thread);
	if (thread->retry) {                            // what was not there at the entry is gone; but the kernel has the path
		struct plan *plan = plan_of(thread);
		char *name = 0;
		if (plan && thread->retry & 1 && config.filename && !read_kernel(&name, sizeof(name), (void *)context[2] + config.filename)) {
			struct large *path = ring_reserve(&large, sizeof(*path), 0);
			if (path) {
				label(&path->head, thread, &plan->actions[0], argument(thread, plan->actions[0].arg));
				settle(thread, &path->head, read_kernel_text(path->data, LARGE_DATA, name), 1);
			} else {
				full(thread);
			}
		}
		thread->retry = 0;
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
	is_here(thread, task);
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
	begun(thread);
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
