/* prepare.h: inside model/: by the loader, when all types are complete. */
#ifndef SHOUWEN_MODEL_PREPARE_H
#define SHOUWEN_MODEL_PREPARE_H

#include "model/model.h"

void type_prepare(struct arena *a, struct type *t);

#endif
