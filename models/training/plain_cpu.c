/*
 * Loaded into a program (LD_PRELOAD), lets it see a processor with AVX2 but without AVX-512, VNNI and AMX: what a cheaper
 * machine takes can be timed on this one. The kernel lets the instruction CPUID fault (arch_prctl, ARCH_SET_CPUID: Linux on
 * x86-64, processors with cpuid_fault); the handler executes it and takes those features out of the answer.
 */
#define _GNU_SOURCE
#include <cpuid.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

#define ARCH_SET_CPUID 0x1012

/* Leaf 7: AVX-512 (EBX, ECX, EDX), VBMI, VNNI, BITALG, AMX; its leaf 1: AVX-VNNI, BF16, AMX and what followed them. */
#define BIT(n) (1u << (n))
#define EBX_7 (BIT(16) | BIT(17) | BIT(21) | BIT(26) | BIT(27) | BIT(28) | BIT(30) | BIT(31))
#define ECX_7 (BIT(1) | BIT(6) | BIT(11) | BIT(12) | BIT(14))
#define EDX_7 (BIT(2) | BIT(3) | BIT(8) | BIT(22) | BIT(23) | BIT(24) | BIT(25))
#define EAX_7_1 (BIT(4) | BIT(5) | BIT(21) | BIT(23))
#define EDX_7_1 (BIT(4) | BIT(5) | BIT(10) | BIT(19))

static void let_cpuid(int may) {
  if (syscall(SYS_arch_prctl, ARCH_SET_CPUID, (unsigned long)may) != 0) {
    perror("plain_cpu: this processor or kernel cannot refuse CPUID");
    _exit(2);
  }
}

static void answer(int signal_number, siginfo_t *info, void *context) {
  (void)info;
  greg_t *registers = ((ucontext_t *)context)->uc_mcontext.gregs;
  const unsigned char *code = (const unsigned char *)registers[REG_RIP];
  if (code[0] != 0x0f || code[1] != 0xa2) {
    signal(signal_number, SIG_DFL);
    return;
  }
  unsigned leaf = (unsigned)registers[REG_RAX], sub = (unsigned)registers[REG_RCX], a, b, c, d;
  let_cpuid(1);
  __cpuid_count(leaf, sub, a, b, c, d);
  let_cpuid(0);
  if (leaf == 7 && sub == 0) {
    b &= ~EBX_7;
    c &= ~ECX_7;
    d &= ~EDX_7;
  }
  if (leaf == 7 && sub == 1) {
    a &= ~EAX_7_1;
    d &= ~EDX_7_1;
  }
  registers[REG_RAX] = a;
  registers[REG_RBX] = b;
  registers[REG_RCX] = c;
  registers[REG_RDX] = d;
  registers[REG_RIP] += 2;
}

__attribute__((constructor)) static void begin(void) {
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_sigaction = answer;
  action.sa_flags = SA_SIGINFO | SA_NODEFER;
  sigaction(SIGSEGV, &action, NULL);
  let_cpuid(0);
}
