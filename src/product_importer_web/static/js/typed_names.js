// Names under which the reading of a file is to be remembered, typed before a preview: until it is applied.

const key = (number) => `name for import ${number}`;

export const keepName = (number, name) => {
  if (name) sessionStorage.setItem(key(number), name);
};

export const keptName = (number) => sessionStorage.getItem(key(number)) ?? "";
