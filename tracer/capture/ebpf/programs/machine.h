// Where a call's number and arguments are when it enters the kernel: an ABI of each architecture, and the only thing
// the objects for different machines differ in. One is chosen by the Makefile.

enum abi { X86_64, I386, X32, AARCH64, ARM };                 // as in tracer/wire.py

#if defined(MACHINE_x86_64)

struct regs {                   // struct pt_regs, arch/x86/include/asm/ptrace.h
	u64 r15, r14, r13, r12, bp, bx, r11, r10, r9, r8, ax, cx, dx, si, di, orig_ax, ip, cs, flags, sp, ss;
};
#define NATIVE X86_64
#define NARROW_ABI I386
#define NR_WRITE 1
#define NR_NARROW_WRITE 4
#define X32_BIT 0x40000000
#define COMPAT 2                // TS_COMPAT in thread_info.status: int 0x80, from 64-bit code too, or a 32-bit program

inline_ int is_narrow(struct regs *regs)
{
	if (!config.status)
		return 0;
	return *(u32 *)((void *)current_task() + config.status) & COMPAT;
}

inline_ u64 argument_of(struct regs *regs, u32 index, int narrow)
{
	if (narrow)
		return (u32)(index == 0 ? regs->bx : index == 1 ? regs->cx : index == 2 ? regs->dx : index == 3 ? regs->si :
		             index == 4 ? regs->di : regs->bp);
	return index == 0 ? regs->di : index == 1 ? regs->si : index == 2 ? regs->dx : index == 3 ? regs->r10 :
	       index == 4 ? regs->r8 : regs->r9;
}

inline_ s64 number_of(struct regs *regs)
{
	return (s64)regs->orig_ax;
}

#define IP(regs) ((regs)->ip)
#define FRAME(regs) ((regs)->bp)
#define STACK(regs) ((regs)->sp)

#elif defined(MACHINE_aarch64)

struct regs {                   // struct pt_regs, arch/arm64/include/asm/ptrace.h; behind it more, and not always the same
	u64 x[31], sp, pc, pstate, orig_x0;
	s32 syscallno;
};
#define NATIVE AARCH64
#define NARROW_ABI ARM
#define NR_WRITE 64
#define NR_NARROW_WRITE 4
#define X32_BIT 0               // there is nothing like it
#define MODE32 0x10             // PSR_MODE32_BIT: AArch32

inline_ int is_narrow(struct regs *regs)
{
	return regs->pstate & MODE32;
}

// The first argument's register becomes the result's; what it was stays in orig_x0.
inline_ u64 argument_of(struct regs *regs, u32 index, int narrow)
{
	u64 value = index == 0 ? regs->orig_x0 : regs->x[index];
	return narrow ? (u32)value : value;
}

inline_ s64 number_of(struct regs *regs)
{
	return regs->syscallno;
}

#define IP(regs) ((regs)->pc)
#define FRAME(regs) ((regs)->x[29])
#define STACK(regs) ((regs)->sp)

#else
#error "make says which machine: -DMACHINE_x86_64 or -DMACHINE_aarch64"
#endif
