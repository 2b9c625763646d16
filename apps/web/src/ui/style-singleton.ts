import { useInsertionEffect } from "react";

/**
 * Stands in for the package of the same name, which the dialogs and menus use to lock scrolling.
 * A constructed style sheet is allowed by `style-src 'self'`; the style elements of the original are not.
 */
export function styleSingleton() {
  return function StyleSheet({ styles }: { styles: string }) {
    useInsertionEffect(() => {
      const sheet = new CSSStyleSheet();
      sheet.replaceSync(styles);
      document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
      return () => {
        document.adoptedStyleSheets = document.adoptedStyleSheets.filter((one) => one !== sheet);
      };
    }, [styles]);
    return null;
  };
}
