/* Instruction sets: kernels are compiled once for each level and chosen at run time.
 *
 * A kernel file is built three times with -DSIMD_LEVEL=0, 1, 2; it names its functions through
 * SIMD_NAME and uses the vector types below, whose width follows the level. Kernel results may
 * differ between levels in the last bit of a float (fused multiply-add), never between rank counts.
 */
#ifndef RESLICE_BASE_SIMD_H
#define RESLICE_BASE_SIMD_H

#include <stdbool.h>

#include "base/error.h"

enum simd_level {
    SIMD_PORTABLE, /* whatever the compiler's default target has; 16-byte vectors */
    SIMD_AVX2,     /* AVX2 + FMA: Haswell, Zen and later */
    SIMD_AVX512,   /* AVX-512 F/BW/DQ/VL + VNNI: Cascade Lake, Ice Lake, Zen 4 and later */
    SIMD_AMX,      /* these and matrix tiles of bf16: Sapphire Rapids and later */
    SIMD_LEVELS
};

/* The level of the kernels: the best this CPU has; $RESLICE_SIMD=portable|avx2|avx512|amx lowers it
 * (never raises it), and simd_agree to that of all ranks. Not collective. */
enum simd_level simd_level(void);

/* The name of a level, as in $RESLICE_SIMD. Pure. */
const char *simd_name(enum simd_level level);

/* Lowers the level of all ranks to the lowest among them, with a warning when they differ: what
 * every rank computes for itself (an update of the weights) must be the same bytes. Before the
 * first kernel is chosen. False with a line, a user error, when $RESLICE_SIMD of any rank is no
 * level. Collective. */
bool simd_agree(struct error *err);

#ifdef SIMD_LEVEL /* ---- only inside kernel files ---- */

#include <stdint.h>
#include <string.h>

#if SIMD_LEVEL == 2
#define SIMD_BYTES 64
#define SIMD_NAME(name) name##_avx512
#elif SIMD_LEVEL == 1
#define SIMD_BYTES 32
#define SIMD_NAME(name) name##_avx2
#else
#define SIMD_BYTES 16
#define SIMD_NAME(name) name##_portable
#endif

#if SIMD_LEVEL > 0
#include <immintrin.h>
#endif

enum { SIMD_LANES = SIMD_BYTES / 4 }; /* 32-bit lanes of a vector */

typedef float simd_f32 __attribute__((vector_size(SIMD_BYTES)));
typedef int32_t simd_i32 __attribute__((vector_size(SIMD_BYTES)));
typedef float simd_f32_half __attribute__((vector_size(SIMD_BYTES / 2)));
typedef int16_t simd_i16_half __attribute__((vector_size(SIMD_BYTES / 2)));
typedef double simd_f64 __attribute__((vector_size(SIMD_BYTES)));
typedef int64_t simd_i64 __attribute__((vector_size(SIMD_BYTES)));
typedef uint64_t simd_u64 __attribute__((vector_size(SIMD_BYTES)));

/* Unaligned access of any vector type. */
#define SIMD_LOAD(vector, from) memcpy(&(vector), (from), sizeof(vector))
#define SIMD_STORE(to, vector) memcpy((to), &(vector), sizeof(vector))

/* In front of a loop over the vectors or rows of a register tile: unrolled early, its arrays become
 * registers. Left to itself GCC may copy a tile's operands through the stack. Not with a sanitizer's
 * checks between: clang then takes minutes for what no longer fits into registers. */
#ifdef RESLICE_SANITIZED
#define SIMD_UNROLL
#elif defined __clang__
#define SIMD_UNROLL _Pragma("unroll")
#else
#define SIMD_UNROLL _Pragma("GCC unroll 16")
#endif

/* acc[lane] += a[2 lane] b[2 lane] + a[2 lane + 1] b[2 lane + 1] over pairs of int16. */
static inline simd_i32 simd_dot_pairs(simd_i32 acc, simd_i32 a, simd_i32 b)
{
#if SIMD_LEVEL == 2
    return (simd_i32)_mm512_dpwssd_epi32((__m512i)acc, (__m512i)a, (__m512i)b);
#elif SIMD_LEVEL == 1
    return acc + (simd_i32)_mm256_madd_epi16((__m256i)a, (__m256i)b);
#else
    const simd_i32 low = (a << 16 >> 16) * (b << 16 >> 16);
    return acc + low + (a >> 16) * (b >> 16);
#endif
}

static inline simd_i32 simd_max(simd_i32 a, simd_i32 b)
{
    const simd_i32 larger = a > b; /* 0 or -1 */
    return (a & larger) | (b & ~larger);
}

/* Half h (0 low, 1 high) of a float vector as doubles. */
static inline simd_f64 simd_widen(simd_f32 x, int h)
{
#if SIMD_LEVEL == 2
    const __m512 v = (__m512)x;
    return (simd_f64)_mm512_cvtps_pd(h ? _mm512_extractf32x8_ps(v, 1) : _mm512_castps512_ps256(v));
#elif SIMD_LEVEL == 1
    const __m256 v = (__m256)x;
    return (simd_f64)_mm256_cvtps_pd(h ? _mm256_extractf128_ps(v, 1) : _mm256_castps256_ps128(v));
#else
    simd_f32_half half[2];
    memcpy(half, &x, sizeof x);
    return __builtin_convertvector(half[h], simd_f64);
#endif
}

#endif
#endif
