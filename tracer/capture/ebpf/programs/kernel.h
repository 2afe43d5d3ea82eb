// What every program of ours needs of the kernel: types, sections, helpers by their number (linux/bpf.h, bpf-helpers(7)).

typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long long u64;
typedef int s32;
typedef long long s64;

#define SEC(name) __attribute__((section(name), used))
#define inline_ static inline __attribute__((always_inline))

// The compiler knows nothing of this number any more, so what it is compared with next, it is compared with in the register
// that is used then. Verifiers before Linux 6.18 learn nothing about a register from what a copy of it was compared with.
#define AS_IT_IS(number) asm volatile("" : "+r"(number))

struct map { int unused; };
struct task;

static void *(*map_lookup)(void *map, const void *key) = (void *)1;
static long (*map_update)(void *map, const void *key, const void *value, u64 flags) = (void *)2;
static u64 (*now_ns)(void) = (void *)5;
static u64 (*current_pid_tgid)(void) = (void *)14;
static long (*current_comm)(void *buffer, u32 size) = (void *)16;
static long (*tail_call)(void *context, void *programs, u32 index) = (void *)12;
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
#define CREATE 1                // BPF_LOCAL_STORAGE_GET_F_CREATE
#define NEW 1                   // BPF_NOEXIST
#define NO_WAKEUP 1
