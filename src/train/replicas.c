#include "train/replicas.h"

#include <zlib.h>

#include "base/comm.h"
#include "base/mem.h"

static uint64_t checksum(const struct training *t)
{
    const struct parameters *params = &t->net.params;
    const size_t bytes = params->size * sizeof(float);
    uLong crc = crc32_z(0, NULL, 0);
    crc = crc32_z(crc, (const void *)params->value, bytes);
    crc = crc32_z(crc, (const void *)params->momentum, bytes);
    crc = crc32_z(crc, params->mask, params->size);
    crc = crc32_z(crc, (const void *)t->best.value, bytes);
    if (t->constrain && t->constrain->z) {
        crc = crc32_z(crc, (const void *)t->constrain->z, t->constrain->size * sizeof(float));
        crc = crc32_z(crc, (const void *)t->constrain->u, t->constrain->size * sizeof(float));
    }
    return crc;
}

bool replicas_are_same(const struct training *t, struct error *err)
{
    if (comm_size() == 1)
        return true;
    const uint64_t mine = checksum(t);
    uint64_t *all = MEM_NEW(uint64_t, comm_size());
    comm_gather_u64(&mine, 1, all);
    bool fine = true;
    for (int r = 1; r < comm_size() && fine; r++)
        if (all[r] != all[0])
            fine = error_set(err,
                             "run '%s', epoch %zu: the weights of rank %d are not those of rank 0 "
                             "(checksums %08llx and %08llx): a fault of a node's memory or "
                             "processor; nothing of this state is saved, an older checkpoint stays",
                             t->run->name, t->at.epoch, r, (unsigned long long)all[r],
                             (unsigned long long)all[0]);
    mem_free(all);
    return fine;
}
