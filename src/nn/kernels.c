#include "nn/kernels.h"

#include "base/simd.h"
#include "nn/panels.h"
#include "nn/tiles.h"
#include "nn/winograd.h"

extern const struct nn_kernels nn_kernels_portable;
extern const struct panel_kernels panel_kernels_portable;
extern const struct winograd_kernels winograd_kernels_portable;
#ifdef RESLICE_X86_KERNELS
extern const struct nn_kernels nn_kernels_avx2, nn_kernels_avx512;
extern const struct panel_kernels panel_kernels_avx2, panel_kernels_avx512;
extern const struct winograd_kernels winograd_kernels_avx2, winograd_kernels_avx512;
extern const struct tile_kernels tile_kernels_amx;
#endif

const struct nn_kernels *nn_kernels_of(int level)
{
    switch (level) {
#ifdef RESLICE_X86_KERNELS
    case SIMD_AMX:
    case SIMD_AVX512:
        return &nn_kernels_avx512;
    case SIMD_AVX2:
        return &nn_kernels_avx2;
#endif
    case SIMD_PORTABLE:
        return &nn_kernels_portable;
    default:
        return NULL;
    }
}

const struct nn_kernels *nn_kernels(void)
{
    return nn_kernels_of(simd_level());
}

const struct panel_kernels *panel_kernels_of(int level)
{
    switch (level) {
#ifdef RESLICE_X86_KERNELS
    case SIMD_AMX:
    case SIMD_AVX512:
        return &panel_kernels_avx512;
    case SIMD_AVX2:
        return &panel_kernels_avx2;
#endif
    case SIMD_PORTABLE:
        return &panel_kernels_portable;
    default:
        return NULL;
    }
}

const struct panel_kernels *panel_kernels(void)
{
    return panel_kernels_of(simd_level());
}

const struct winograd_kernels *winograd_kernels_of(int level)
{
    switch (level) {
#ifdef RESLICE_X86_KERNELS
    case SIMD_AMX:
    case SIMD_AVX512:
        return &winograd_kernels_avx512;
    case SIMD_AVX2:
        return &winograd_kernels_avx2;
#endif
    case SIMD_PORTABLE:
        return &winograd_kernels_portable;
    default:
        return NULL;
    }
}

const struct winograd_kernels *winograd_kernels(void)
{
    return winograd_kernels_of(simd_level());
}

const struct tile_kernels *tile_kernels(void)
{
#ifdef RESLICE_X86_KERNELS
    if (simd_level() >= SIMD_AMX)
        return &tile_kernels_amx;
#endif
    return NULL;
}
