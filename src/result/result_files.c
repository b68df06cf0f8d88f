#include "result/result_files.h"

#include <stdio.h>
#include <string.h>

#include "base/comm.h"
#include "base/log.h"
#include "base/mem.h"
#include "result/export.h"
#include "store/store_foreign.h"

enum { WHAT = 128 };

/* What an HDF5 file is that is no result of a run, in `what`; false for all other files. */
static bool is_foreign(const char *path, char what[WHAT])
{
    struct error none;
    char format[64] = "";
    struct store_file *file = store_foreign_open(path, &none);
    if (!file)
        return false;
    if (!store_get_text(file, "/", "format", format, sizeof format, &none))
        snprintf(what, WHAT, "another program's HDF5 file");
    else if (strcmp(format, EXPORT_FORMAT) == 0)
        snprintf(what, WHAT, "crossbars that reslice export wrote");
    else
        snprintf(what, WHAT, "an HDF5 file of the format '%s'", format);
    store_close(file);
    error_clean(what);
    return strcmp(format, "reslice") != 0;
}

/* On rank 0: fills keep [count]. False with a line when none is kept. */
static bool choose(const char *const *path, size_t count, bool *keep, struct error *err)
{
    char what[WHAT];
    size_t kept = 0;
    for (size_t i = 0; i < count; i++)
        kept += keep[i] = !is_foreign(path[i], what);
    if (kept == 0 && count == 1)
        return error_set(err, "%s: not a reslice result file, but %s", path[0], what);
    for (size_t i = 0; i < count; i++)
        if (!keep[i] && is_foreign(path[i], what))
            log_warn("%s: left out: not a reslice result file, but %s", path[i], what);
    return kept > 0 || error_set(err, "none of the %zu files is a reslice result file", count);
}

bool result_files_keep(const char **path, size_t *count, struct error *err)
{
    const size_t all = *count;
    bool *keep = MEM_NEW(bool, all);
    const bool fine = comm_agree(comm_rank() != 0 || choose(path, all, keep, err), err);
    comm_broadcast(keep, all * sizeof *keep);
    *count = 0;
    for (size_t i = 0; i < all; i++)
        if (keep[i])
            path[(*count)++] = path[i];
    mem_free(keep);
    return fine;
}
