/* From bitline currents to the integer output of a layer: signs, converters, shift-and-add.
 *
 * For input vector x and output j, with S of hw/crossbar.h and Q the converter:
 *     differential   Y = sum_{tile, bit, k} 2^bit 2^(w k) (Q(S+) - Q(S-))     two converters
 *     analog         Y = sum_{tile, bit, k} 2^bit 2^(w k) Q(S+ - S-)          one, and a sign bit
 *     offset         Y = sum_{tile, bit, k} 2^bit 2^(w k) Q(S) - 2^B sum x    cells hold q + 2^B
 * (w cell bits, B weight bits). Negative inputs enter in a second pass that is subtracted.
 * The offset has one slice more, and its cells are full where weights are small and negative: this
 * is why it defeats bit-slice sparsity.
 *
 * A converter of N bits has the codes 0..2^N - 1 and never 2^N (analog: -(2^N - 1)..2^N - 1):
 *     clip     Q = min(S, 2^N - 1), one code a cell level; what arXiv 1909.08496 implies
 *     scaled   Q = min((S + 2^(h-1)) >> h, 2^N - 1) << h, h the fewest bits for which
 *              2^(N+h) exceeds the largest current: slices keep ratios of powers of two
 *     linear   Q = round(S / step) step, step = largest current / (2^N - 1)
 * The largest current is that of a full array, rows * (2^w - 1).
 */
#ifndef RESLICE_HW_READOUT_H
#define RESLICE_HW_READOUT_H

#include <stdbool.h>

#include "hw/crossbar.h"

enum readout_signs { READOUT_DIFFERENTIAL, READOUT_ANALOG, READOUT_OFFSET };
enum readout_transfer { READOUT_CLIP, READOUT_SCALED, READOUT_LINEAR };

struct readout {
    enum readout_signs signs;
    enum readout_transfer transfer;
    /* Converters of a sign and slice; analog and offset use the positive ones. 0 bits: none, the
     * slice is read as 0. */
    int8_t bits[CROSSBAR_SIGNS][CROSSBAR_MAX_SLICES];
};

/* "differential, analog, offset": a static text, always the same. Not collective. */
const char *readout_signs_names(void);

/* *signs of a name; false when there is none of that name. Not collective. */
bool readout_signs_find(const char *name, enum readout_signs *signs);

/* "clip, scaled, linear": a static text, always the same. Not collective. */
const char *readout_transfer_names(void);

/* *transfer of a name; false when there is none of that name. Not collective. */
bool readout_transfer_find(const char *name, enum readout_transfer *transfer);

/* The format to map with: offset mapping needs a slice more. Not collective. */
struct crossbar_format readout_format(struct crossbar_format format, enum readout_signs signs);

/* Maps codes [outputs, inputs] for these signs; `format` is that of the network, before
 * readout_format. Free with crossbar_free. Not collective. */
void readout_map(struct crossbar *crossbar, struct crossbar_format format, enum readout_signs signs,
                 const int16_t *code, size_t outputs, size_t inputs);

/* Sets readout->bits of every sign and slice to `bits`. Not collective. */
void readout_set_all(struct readout *readout, int bits);

/* Bits that lose nothing, whatever the weights and inputs: ceil(log2(1 + largest current)).
 * Not collective. */
int readout_full_bits(struct crossbar_format format);

enum { READOUT_FRACTION = 16 }; /* bits behind the point of currents that are no whole levels */

/* What a converter makes of a current, both in units of 2^-READOUT_FRACTION cell levels. Not
 * collective. */
int64_t readout_convert(struct crossbar_format format, enum readout_transfer transfer, int bits,
                        int64_t current);

/* Ends a sum of converted currents, out [outputs] in units of 2^-READOUT_FRACTION: rounds it, and
 * takes the offset of offset mapping away. Not collective. */
void readout_finish(const struct crossbar *crossbar, enum readout_signs signs, const int16_t *input,
                    int64_t *out);

/* A crossbar behind such converters, with what is worth keeping from one input to the next. */
struct readout_layer;

/* Prepares; the crossbar must live longer. Bitlines that cannot exceed their converters are not read but
 * multiplied plainly (hw/clipped.h), which gives the same; with `reads_all` they are read too. The
 * caller gives the memory back with readout_close. Not collective. */
struct readout_layer *readout_open(const struct crossbar *crossbar, const struct readout *readout,
                                   bool reads_all);

/* Gives the memory of readout_open back; NULL is allowed. Not collective. */
void readout_close(struct readout_layer *layer);

/* output [n, outputs] for input [n, stride] of codes; `passes` is 1 when none is negative, else 2.
 * Where the digital constants are no integers (linear) the sum is rounded at its end.
 * Not collective. */
void readout_run(struct readout_layer *layer, const int16_t *input, size_t n, size_t stride,
                 int passes, int64_t *output);

/* The same at once, for who has no more than these inputs. Not collective. */
void readout_multiply(const struct crossbar *crossbar, const struct readout *readout,
                      const int16_t *input, size_t n, size_t stride, int passes, int64_t *output);

#endif
