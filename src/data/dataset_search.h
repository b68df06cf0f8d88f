/* Where the files of a data set are: folders by the names that people give them, files by the names
 * under which they are passed on, and a message that says what was looked for and where. */
#ifndef RESLICE_DATA_DATASET_SEARCH_H
#define RESLICE_DATA_DATASET_SEARCH_H

#include <stdbool.h>

#include "base/error.h"

enum {
    DATASET_PATH = 4096, /* bytes of a path */
    DATASET_FOLDERS = 2,
    DATASET_FILES = 6,
    DATASET_OTHERS = 4,
};

/* A file that shows that the set is there in a form which is not read. */
struct dataset_other {
    const char *file; /* below a data folder, or in the folder that was given */
    const char *what; /* "its Python version (pickles)" */
};

/* What is known of a set's files. */
struct dataset_files {
    const char *name;
    /* Below a data folder; the first is where data/fetch.sh puts it, others are common. */
    const char *folder[DATASET_FOLDERS];
    const char *file[DATASET_FILES]; /* a folder with one of them has the set */
    struct dataset_other other[DATASET_OTHERS];
    const char *wanted;  /* the form that is read, for the message: "IDX files" */
    const char *package; /* Debian package, or NULL */
};

/* path [DATASET_PATH] = `folder`/`file`, in the first spelling that is there: of IDX files also
 * gzipped, and with the dot of "train-images.idx3-ubyte". Folders of such a name are passed over.
 * False when there is none. Not collective. */
bool dataset_find_file(const char *folder, const char *file, char *path);

/* text [size] = the spellings of `file`, "A, A.gz, B or B.gz". Not collective. */
void dataset_file_names(const char *file, char *text, int size);

/* folder [DATASET_PATH] = the set's folder: one of `files->folder` below `directory`, then
 * `directory` itself; when that is NULL, likewise in $RESLICE_DATA, then below ./data and
 * /usr/share/datasets. all [count] are the files of every set: a folder that is named after one
 * is not taken for another's. False with one line that says what was looked for, every place,
 * what was found instead, and how to get the set. Not collective. */
bool dataset_find_folder(const struct dataset_files *files, const struct dataset_files *const *all,
                         int count, const char *directory, char *folder, struct error *err);

#endif
