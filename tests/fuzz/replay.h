/* replay.h: a main that runs kept crashes and seeds through LLVMFuzzerTestOneInput, without libFuzzer. */
#ifndef SHOUWEN_TESTS_FUZZ_REPLAY_H
#define SHOUWEN_TESTS_FUZZ_REPLAY_H

#include <dirent.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

static int replay_folder(const char *folder)
{
	static uint8_t bytes[1 << 20];
	struct dirent **entries;
	char path[1024];
	int n = scandir(folder, &entries, NULL, alphasort);
	if (n < 0) {
		fprintf(stderr, "%s can't be read\n", folder);
		return 1;
	}
	for (int i = 0; i < n; i++) {
		FILE *f = NULL;
		if (entries[i]->d_name[0] != '.') {
			snprintf(path, sizeof(path), "%s/%s", folder, entries[i]->d_name);
			f = fopen(path, "rbe");
		}
		if (f) {
			size_t len = fread(bytes, 1, sizeof(bytes), f);
			fclose(f);
			printf("%s\n", path);
			fflush(stdout);
			LLVMFuzzerTestOneInput(bytes, len);
		}
		free(entries[i]);
	}
	free(entries);
	return 0;
}

int main(int argc, char **argv)
{
	int bad = 0;
	for (int i = 1; i < argc; i++)
		bad |= replay_folder(argv[i]);
	return bad;
}

#endif
