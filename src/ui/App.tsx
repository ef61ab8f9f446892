import { Notices } from './Notices.tsx';
import { Sections } from './Sections.tsx';
import { SharedBanner } from './SharedBanner.tsx';
import { TopBar } from './TopBar.tsx';
import { PageDrop } from './drop/PageDrop.tsx';
import { Compare } from './panels/Compare.tsx';
import { DataPanel } from './panels/DataPanel.tsx';
import { ExportPanel } from './panels/ExportPanel.tsx';
import { FrontPanel } from './panels/FrontPanel.tsx';
import { GenesPanel } from './panels/GenesPanel.tsx';
import { ImportancePanel } from './panels/ImportancePanel.tsx';
import { Library } from './panels/Library.tsx';
import { ModelPanel } from './panels/ModelPanel.tsx';
import { PerformancePanel } from './panels/PerformancePanel.tsx';
import { RecipePanel } from './panels/RecipePanel.tsx';
import { Reproduction } from './panels/Reproduction.tsx';
import { ResourcesPanel } from './panels/ResourcesPanel.tsx';
import { ResultsPanel } from './panels/ResultsPanel.tsx';
import { RunPanel } from './panels/RunPanel.tsx';
import { SharePanel } from './panels/SharePanel.tsx';
import { TryPanel } from './panels/TryPanel.tsx';
import './theme.css';
import './base.css';
import './controls/controls.css';
import './layout.css';

/** One screen: what goes in on the left, what happens in the middle, what comes out on the right. */
export function App() {
  return (
    <div className="page">
      <TopBar />
      <Notices />
      <SharedBanner />
      <Library />
      <main className="bench">
        <div className="column inputs">
          <ModelPanel />
          <DataPanel />
          <RecipePanel />
        </div>
        <div className="column work">
          <RunPanel />
          <Reproduction />
          <Compare />
          <FrontPanel />
          <ResultsPanel />
        </div>
        <div className="column outputs">
          <GenesPanel />
          <TryPanel />
          <ExportPanel />
          <SharePanel />
          <ImportancePanel />
          <ResourcesPanel />
          <PerformancePanel />
        </div>
      </main>
      <Sections />
      <PageDrop />
    </div>
  );
}
