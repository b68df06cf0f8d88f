/* Images and classes given on a command line instead of a data set: --input, --classes. */
#ifndef RESLICE_CLI_INPUT_SHAPE_H
#define RESLICE_CLI_INPUT_SHAPE_H

#include <stdbool.h>

#include "base/error.h"
#include "nn/models.h"

enum { INPUT_SHAPE_SIDE = 4096, INPUT_SHAPE_CHANNELS = 1024, INPUT_SHAPE_CLASSES = 32768 };

/* Reads "CHANNELSxHEIGHTxWIDTH", as 3x224x224, into channels, height and width of the shape. False with
 * a line when it is none, or one that is larger than INPUT_SHAPE_SIDE or has more channels than
 * `channels`. Not collective. */
bool input_shape_parse(const char *text, int channels, struct model_input *shape,
                       struct error *err);

#endif
