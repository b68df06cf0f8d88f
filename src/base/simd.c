#define _GNU_SOURCE
#include "base/simd.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#if defined(__x86_64__) && defined(RESLICE_X86_KERNELS)
#include <cpuid.h>
#include <sys/syscall.h>
#include <unistd.h>
#endif

#include "base/comm.h"
#include "base/log.h"
#include "base/mem.h"

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
        __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512vnni"))
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

static int chosen = -1;

static const char *wish(void)
{
    const char *text = getenv("RESLICE_SIMD");
    return text ? text : "";
}

enum simd_level simd_level(void)
{
    if (chosen >= 0)
        return (enum simd_level)chosen;
    chosen = (int)best_level();
    for (int level = 0; level < chosen; level++)
        if (strcmp(wish(), simd_name((enum simd_level)level)) == 0)
            chosen = level;
    return (enum simd_level)chosen;
}

/* ---- of all ranks ---- */

enum { WISH = 32 }; /* bytes of a rank's wish that a message shows */

static bool is_level(const char *text)
{
    bool is_one = *text == '\0';
    for (int level = 0; level < SIMD_LEVELS; level++)
        is_one = is_one || strcmp(text, simd_name((enum simd_level)level)) == 0;
    return is_one;
}

/* What every rank was given, looked at by every rank. */
static bool check_wishes(struct error *err)
{
    char mine[WISH] = "";
    char *all = mem_alloc((size_t)comm_size(), WISH, "levels");
    snprintf(mine, sizeof mine, "%s", wish());
    comm_gather_text(mine, WISH, all);
    bool fine = true;
    for (int r = 0; r < comm_size() && fine; r++)
        if (!is_level(all + (size_t)r * WISH))
            fine = error_set(err, "RESLICE_SIMD: value '%s'; allowed: portable, avx2, avx512, amx",
                             all + (size_t)r * WISH);
    mem_free(all);
    return fine;
}

bool simd_agree(struct error *err)
{
    if (!check_wishes(err))
        return false;
    const int32_t mine = simd_level();
    int32_t ends[] = {mine, -mine}; /* the highest, and the lowest with a minus */
    comm_max_i32(ends, 2);
    chosen = -ends[1];
    if (ends[0] != chosen)
        log_warn("the ranks' processors differ (from %s to %s): all use %s kernels",
                 simd_name((enum simd_level)chosen), simd_name((enum simd_level)ends[0]),
                 simd_name((enum simd_level)chosen));
    return true;
}
