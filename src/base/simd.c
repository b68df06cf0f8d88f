#define _GNU_SOURCE
#include "base/simd.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#if defined(__x86_64__) && defined(RESLICE_X86_KERNELS)
#include <cpuid.h>
#include <sys/syscall.h>
#include <unistd.h>
#endif

#if defined(__x86_64__) && defined(RESLICE_X86_KERNELS)
/* Tiles of bf16: the processor has them (CPUID leaf 7, EDX bits 22 and 24) and Linux lets this
 * process save their registers. */
static bool has_tiles(void)
{
    enum { REQUEST_PERMISSION = 0x1023, TILE_DATA = 18 }; /* arch_prctl, x86 state component */
    unsigned eax, ebx, ecx, edx;
    if (!__get_cpuid_count(7, 0, &eax, &ebx, &ecx, &edx))
        return false;
    const unsigned both = 1u << 22 | 1u << 24;
    return (edx & both) == both && syscall(SYS_arch_prctl, REQUEST_PERMISSION, TILE_DATA) == 0;
}
#endif

static enum simd_level best_level(void)
{
#if defined(__x86_64__) && defined(RESLICE_X86_KERNELS)
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") &&
        __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512vnni") &&
        __builtin_cpu_supports("avx512vpopcntdq"))
        return has_tiles() ? SIMD_AMX : SIMD_AVX512;
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
        __builtin_cpu_supports("popcnt"))
        return SIMD_AVX2;
#endif
    return SIMD_PORTABLE;
}

const char *simd_name(enum simd_level level)
{
    static const char *const names[SIMD_LEVELS] = {"portable", "avx2", "avx512", "amx"};
    return names[level];
}

enum simd_level simd_level(void)
{
    static int chosen = -1;
    if (chosen >= 0)
        return (enum simd_level)chosen;
    chosen = (int)best_level();
    const char *wish = getenv("RESLICE_SIMD");
    for (int level = 0; wish && level < chosen; level++)
        if (strcmp(wish, simd_name((enum simd_level)level)) == 0)
            chosen = level;
    return (enum simd_level)chosen;
}
