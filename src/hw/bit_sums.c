#include "hw/bit_sums.h"

#include "base/simd.h"

extern const struct bit_sums_kernels bit_sums_kernels_portable;
#ifdef RESLICE_X86_KERNELS
extern const struct bit_sums_kernels bit_sums_kernels_avx2, bit_sums_kernels_avx512;
#endif

const struct bit_sums_kernels *bit_sums_kernels_of(int level)
{
    switch (level) {
#ifdef RESLICE_X86_KERNELS
    case SIMD_AMX:
    case SIMD_AVX512:
        return &bit_sums_kernels_avx512;
    case SIMD_AVX2:
        return &bit_sums_kernels_avx2;
#endif
    case SIMD_PORTABLE:
        return &bit_sums_kernels_portable;
    default:
        return NULL;
    }
}

const struct bit_sums_kernels *bit_sums_kernels(void)
{
    return bit_sums_kernels_of(simd_level());
}
