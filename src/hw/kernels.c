#include "hw/kernels.h"

#include "base/simd.h"

extern const struct hw_kernels hw_kernels_portable;
#ifdef RESLICE_X86_KERNELS
extern const struct hw_kernels hw_kernels_avx2, hw_kernels_avx512;
#endif

const struct hw_kernels *hw_kernels_of(int level)
{
    switch (level) {
#ifdef RESLICE_X86_KERNELS
    case SIMD_AMX:
    case SIMD_AVX512:
        return &hw_kernels_avx512;
    case SIMD_AVX2:
        return &hw_kernels_avx2;
#endif
    case SIMD_PORTABLE:
        return &hw_kernels_portable;
    default:
        return NULL;
    }
}

const struct hw_kernels *hw_kernels(void)
{
    return hw_kernels_of(simd_level());
}
