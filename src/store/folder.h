/* Folders for what is written: made when they are missing, with those above them. */
#ifndef RESLICE_STORE_FOLDER_H
#define RESLICE_STORE_FOLDER_H

#include "base/error.h"

enum { FOLDER_PATH = 4096 };

/* Makes a folder; what is there already is fine. False with a line. For one rank: not collective. */
bool folder_make(const char *path, struct error *err);

/* Makes the folder that the file `path` is in; the file itself is not touched. False with a line. For
 * one rank: not collective. */
bool folder_make_for(const char *path, struct error *err);

#endif
