import type { MouseEvent } from "react";
import styles from "./App.module.css";
import controls from "./controls/controls.module.css";
import { Icon } from "./controls/Icon";
import { to, type Route } from "./route";
import { useTheme } from "./style/theme";

interface HeaderProps {
  route: Route;
  onSkip: (event: MouseEvent) => void;
}

export function Header({ route, onSkip }: HeaderProps) {
  const [theme, toggle] = useTheme();
  return (
    <header className={styles.header}>
      <a className={styles.skip} href={to.home} onClick={onSkip}>
        Skip to the content
      </a>
      <a className={styles.brand} href={to.home} aria-label="Ligeia, start">
        <Icon name="wave" size={24} />
        Ligeia
      </a>
      <nav className={styles.nav} aria-label="Page">
        {route.at !== "home" && (
          <a className={controls.quiet} href={to.home}>
            <Icon name="plus" size={18} /> New
          </a>
        )}
        <a
          className={controls.quiet}
          href={to.about}
          aria-current={route.at === "about" ? "page" : undefined}
        >
          <Icon name="about" size={18} /> About
        </a>
        <button
          type="button"
          className={controls.icon}
          aria-label={theme === "dark" ? "Light colours" : "Dark colours"}
          onClick={toggle}
        >
          <Icon name={theme === "dark" ? "sun" : "moon"} size={18} />
        </button>
      </nav>
    </header>
  );
}
