/*
 * demo.h: what a demo organisation starts with.
 */
#ifndef SHOUWEN_MAIN_DEMO_H
#define SHOUWEN_MAIN_DEMO_H

#include "main/command.h"

#define DEMO_ORG "demo"
#define DEMO_PASSWORD "shouwen-demo"

/* Fills a fresh organisation; complains and returns false when something fails. */
bool demo_load(struct job *job, struct house *h);

#endif
