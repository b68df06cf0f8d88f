#include "report/report.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "report/tables.h"

bool report_print(const char *const *file, size_t files, unsigned wanted,
                  const struct published *published, enum table_format format, struct error *err)
{
    struct report report;
    const bool fine = report_load(&report, file, files, err);
    if (fine) {
        report.published = published;
        report_put_tables(&report, wanted, format, stdout);
        if (fflush(stdout) != 0 || ferror(stdout))
            log_fatal("standard output: %s", strerror(errno));
    }
    report_free(&report);
    return fine;
}
