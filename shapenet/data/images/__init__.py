"""Decoding the bytes of one image file to an array, the same way everywhere.

`options` says what is asked for, `header` reads what a file holds, `decode` gives its
pixels. What becomes of what a file may hold:

- The format is told from the content, never from the name: PNG, JPEG, WebP, GIF, BMP,
  TIFF and PPM (with PBM, PGM and gray PFM). Of an animation or of several pages the
  first image is taken; the header says that there are more.
- Each chunk of a PNG is compared with its checksum. Damage within the pixels of a JPEG,
  GIF, BMP, TIFF or PPM can't be told from a picture; a cut is refused in all formats.
- EXIF orientation is applied.
- Gray of 1, 2 and 4 bits spans 0 to 255, and that of 9 to 15 bits 0 to 65535, rounded.
  16 bits are kept, in gray and colour, also in PNG, TIFF and PPM. Signed integers and
  integers of 32 bits have no known range and are refused.
- Floating point (gray TIFF and PFM) stays as it is and can't become integers, since it
  has no known range. NaN and infinity are refused.
- Transparency (an alpha channel, a transparent colour) is laid over white.
- A palette becomes RGB; YCbCr and Lab are converted to RGB by Pillow, CMYK by
  ``(255 - C) * (255 - K) / 255``. Colour profiles are not applied.
- RGB becomes gray by ITU-R 601 luma, gray becomes RGB by repeating its channel.
- Then the depth: 8 bits become 16 times 257; 16 bits become 8 divided by 257 and
  rounded, so that 65535 becomes 255 and nothing is clipped; integers become floating
  point from 0 to 1.
- Then the size, at that depth: 8 bits by Pillow's 8-bit resampling, which rounds and cuts
  after each direction; others in floating point, rounded once and cut to the range of the
  integers they came from. All filters but nearest are antialiased when they reduce.
"""
