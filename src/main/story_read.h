/* story_read.h: files of packs that are no part of the model: demo data and scenarios. */
#ifndef SHOUWEN_MAIN_STORY_READ_H
#define SHOUWEN_MAIN_STORY_READ_H

#include "main/story.h"

/* ERR_INVALID with why in the story. */
enum err story_yaml(struct story *s, const char *packs_dir, const char *pack, const char *path,
                    struct yaml_node **ret_node);
/* "demo/users.yaml" …, by name. */
size_t story_files(struct arena *a, const char *packs_dir, const char *pack, const char *folder,
                   const char ***ret_paths);

#endif
