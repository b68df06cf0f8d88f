#include "hw/lookup.h"

#include "base/simd.h"

extern const struct lookup_kernels lookup_kernels_portable;
#ifdef RESLICE_X86_KERNELS
extern const struct lookup_kernels lookup_kernels_avx2, lookup_kernels_avx512;
#endif

const struct lookup_kernels *lookup_kernels_of(int level)
{
    switch (level) {
#ifdef RESLICE_X86_KERNELS
    case SIMD_AMX:
    case SIMD_AVX512:
        return &lookup_kernels_avx512;
    case SIMD_AVX2:
        return &lookup_kernels_avx2;
#endif
    case SIMD_PORTABLE:
        return &lookup_kernels_portable;
    default:
        return NULL;
    }
}

const struct lookup_kernels *lookup_kernels(void)
{
    return lookup_kernels_of(simd_level());
}

void lookup_fill_table(uint8_t *table)
{
    for (int pattern = 0; pattern < LOOKUP_PATTERNS; pattern++)
        for (int driven = 0; driven < LOOKUP_TABLE; driven++) {
            int sum = 0;
            for (int r = 0; r < LOOKUP_ROWS; r++)
                sum += (driven >> r & 1) * (pattern >> (LOOKUP_PART_BITS * r) & 3);
            table[pattern * LOOKUP_TABLE + driven] = (uint8_t)sum;
        }
}
