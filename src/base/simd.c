#include "base/simd.h"

#include <stdlib.h>
#include <string.h>

static enum simd_level best_level(void)
{
#if defined(__x86_64__) && defined(RESLICE_X86_KERNELS)
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") &&
        __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512vnni") &&
        __builtin_cpu_supports("avx512vpopcntdq"))
        return SIMD_AVX512;
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
        __builtin_cpu_supports("popcnt"))
        return SIMD_AVX2;
#endif
    return SIMD_PORTABLE;
}

const char *simd_name(enum simd_level level)
{
    static const char *const names[SIMD_LEVELS] = {"portable", "avx2", "avx512"};
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
