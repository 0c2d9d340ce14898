/** What a member may show to her group beside her name, in the order in which it is read. */
export const directoryFields = [
  'photo',
  'work',
  'ask_me',
  'seeks',
  'offers',
  'email',
  'phone',
  'website',
] as const;
export type DirectoryField = (typeof directoryFields)[number];

/** How many people a page of it holds. */
export const perPage = 100;
