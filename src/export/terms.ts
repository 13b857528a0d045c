/**
 * What is written beside pictures that go out. ImageNet's access terms as its gated pages on the Hugging Face hub
 * state them, in our own words.
 */
export const PIXEL_TERMS = `# Terms of the pictures in this folder

This export was made with \`--with-pixels\`: it holds the pictures themselves, byte for byte. It is meant for your own
use. Before it leaves your group, read the terms under which you got the pictures.

If they come from ImageNet, you have agreed to its terms of access. In short, and without replacing them:

- The pictures may be used for non-commercial research and education only.
- ImageNet does not own their copyright and gives no warranty; whoever uses them carries the liability and indemnifies
  ImageNet's people and their universities.
- Colleagues may be given a copy only after they have accepted the same terms.
- Access may be ended at any time, an employer that works for profit is bound as well, and the law of New Jersey
  applies.

So a data set with these pictures inside must not be published or passed on. The export without pixels may be: it holds
ids, hashes and the generated text, and whoever has a copy of ImageNet can put the pictures back.

The full terms: https://www.image-net.org/download.php

Pictures from other sources keep their own licences; the credits that came with them stand in README.md.
This page is no legal advice.
`;
