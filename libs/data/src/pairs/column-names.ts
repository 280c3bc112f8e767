/** Names of the column that holds image paths, the first found is taken. */
export const IMAGE_COLUMNS = ['filepath', 'image', 'image_path', 'path'] as const;

/** Names of the column that holds captions, the first found is taken. */
export const CAPTION_COLUMNS = ['title', 'caption', 'text'] as const;
