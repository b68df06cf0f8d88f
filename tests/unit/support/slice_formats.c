#include "unit/support/slice_formats.h"

#include <math.h>
#include <stddef.h>
#include <stdlib.h>

void for_all_slice_formats(void (*check)(struct bit_slice_format format))
{
    static const struct bit_slice_format formats[] = {
        {8, 1},
        {8, 2},
        {8, 4},
        {8, 8},
        {4, 1},
        {4, 2},
        {4, 4},
        {6, 2},
        {1, 1}
    };
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++)
        check(formats[i]);
}

int divided_digit(struct bit_slice_format format, int code, int k)
{
    return (int)(abs(code) / pow(2.0, format.width * k)) % (1 << format.width);
}
