#ifndef HELLOD_CONFIG_FOLDER_H
#define HELLOD_CONFIG_FOLDER_H

/* Makes a path that counts from the folder of the file, however that was named, an absolute one, in its
 * place. 0 or a negative errno. */
int config_folder_make_absolute(const char *file_path, char **path);

/* Opens the folder as the server will: names in it can be reached, a list of them is not asked for. 0 or a
 * negative errno. */
int config_folder_try(const char *path);

/* What helps where that failed, as the end of a sentence. */
const char *config_folder_cure(const char *path, int error);

#endif
