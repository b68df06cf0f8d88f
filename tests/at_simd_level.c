/* Runs a test program with the kernels of a lower instruction set:
 *
 *     at_simd_level portable|avx2|avx512 PROGRAM
 *
 * Status 77 (skipped) where this machine's best kernels are those or less: the program runs with these
 * anyway. */
#define _POSIX_C_SOURCE 200809L
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/simd.h"

enum { SKIPPED = 77 };

int main(int argc, char **argv)
{
    if (argc < 3)
        return 2;
    unsetenv("RESLICE_SIMD");
    int level = 0;
    while (level < (int)simd_level() && strcmp(argv[1], simd_name((enum simd_level)level)) != 0)
        level++;
    if (level == (int)simd_level()) {
        printf("skipped: the best kernels here are those of %s\n", simd_name(simd_level()));
        return SKIPPED;
    }
    setenv("RESLICE_SIMD", argv[1], 1);
    execv(argv[2], argv + 2);
    perror(argv[2]);
    return 1;
}
