// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "rosa/expected.h"
#include "rosa/generate.h"

/// The paper's experiments as commands that anyone can run again.
///
/// Each writes a folder: config.json (its settings), raw/ (one JSON file for each finished part), tables (README.md,
/// CSV) and plots (SVG) made from these. Called again with the same folder it goes on with the parts that are missing,
/// those of added methods, tasks or seeds among them; other settings in that folder are refused. Every function blocks
/// until it is done; call from a worker thread.
namespace rosa {

struct ExperimentWatch {
  /// A line for a person, when a part begins or ends.
  std::function<void(const std::string& line)> report;
  /// Asked now and then; true ends the experiment after the parts that are stored.
  std::function<bool()> stop;
  /// How many of the parts are stored: at the beginning and after each.
  std::function<void(std::int64_t finished, std::int64_t parts)> progress = {};
};

struct ExperimentReport {
  std::filesystem::path directory;
  std::int64_t parts = 0;     ///< of the whole experiment
  std::int64_t finished = 0;  ///< stored so far
};

/// Carries an experiment out under somebody's watch, whatever its request.
using CarryOut = std::function<Expected<ExperimentReport>(const ExperimentWatch& watch)>;

/// Recovery of a low-rank map by ROSA, LoRA and full training, and the paper's theorem checked with every cycle solved
/// exactly. The defaults are the reference code's.
struct SyntheticRequest {
  std::filesystem::path destination;
  std::vector<std::string> networks{"linear", "mlp2", "mlp3"};
  std::vector<std::int64_t> ranks{1, 8, 16, 24};
  std::vector<std::int64_t> intervals{8};  ///< epochs between resamples, one ROSA run each
  std::int64_t epochs = 200;
  std::int64_t seeds = 1;
  std::int64_t instances = 50;  ///< of the theorem's check
};

[[nodiscard]] Expected<ExperimentReport> runSyntheticExperiment(const SyntheticRequest& request,
                                                                const ExperimentWatch& watch);

/// A way to train, one of several that an experiment compares.
struct ExperimentMethod {
  std::string name;                   ///< in tables and file names: letters, digits, and - _ . +
  std::vector<std::string> settings;  ///< KEY=VALUE of a run's configuration, over those of all runs
};

/// GLUE and SuperGLUE tasks, methods and seeds on one model: mean with 95 % interval, and differences paired by seed to
/// the first method.
struct NluRequest {
  std::filesystem::path destination;
  std::filesystem::path model;
  std::filesystem::path data;  ///< holds a folder a task, in the official layout: CoLA/train.tsv, ...
  std::vector<std::string> tasks{"CoLA", "SST-2", "MRPC", "RTE", "STS-B"};
  std::vector<ExperimentMethod> methods;
  std::vector<std::string> settings;  ///< KEY=VALUE for every run
  std::int64_t rows = 0;              ///< only the first training rows of every task; 0 = all
  std::int64_t seeds = 3;
  std::int64_t threads = 0;
};

[[nodiscard]] Expected<ExperimentReport> runNluExperiment(const NluRequest& request, const ExperimentWatch& watch);

/// E2E: methods and seeds on one model are trained to put properties of a restaurant into words; the validation loss
/// by step, and the five scores of the texts that the trained models make. Without texts it is what an ablation needs.
struct NlgRequest {
  std::filesystem::path destination;
  std::filesystem::path model;
  /// The official files (trainset.csv, devset.csv, testset_w_refs.csv), or the linearised ones of the LoRA paper
  /// (train.txt, valid.txt, test.txt: "prompt||completion", a reference a line).
  std::filesystem::path data;
  std::vector<ExperimentMethod> methods;
  std::vector<std::string> settings;        ///< KEY=VALUE for every run
  std::int64_t rows = 0;                    ///< of training, spread evenly over the file; 0 = all
  std::int64_t validRows = 0;               ///< of the development set, spread evenly; 0 = all
  std::optional<std::int64_t> decodedRows;  ///< distinct prompts that are put into words, spread evenly; unset = all
  bool decodeTest = true;                   ///< those of the test set, not of the development set
  GenerationSettings decoding;
  std::int64_t decodedTogether = 80;  ///< sequences
  std::int64_t seeds = 3;
  std::int64_t threads = 0;
};

[[nodiscard]] Expected<ExperimentReport> runNlgExperiment(const NlgRequest& request, const ExperimentWatch& watch);

/// What training does to the singular values of each linear layer, and along which of the first weights' singular
/// directions each cycle moved it.
struct SpectrumRequest {
  std::filesystem::path destination;
  std::filesystem::path model;
  std::filesystem::path data;
  std::vector<ExperimentMethod> methods;
  std::vector<std::string> settings;  ///< KEY=VALUE for every run; steps and intervals are the experiment's own
  std::int64_t cycles = 8;            ///< a method that resamples does so between them
  std::int64_t stepsPerCycle = 50;
  std::int64_t shownLayers = 4;  ///< layers with plots, spread evenly
  std::int64_t seed = 0;
  std::int64_t threads = 0;
};

[[nodiscard]] Expected<ExperimentReport> runSpectrumExperiment(const SpectrumRequest& request,
                                                               const ExperimentWatch& watch);

struct CostShape {
  std::int64_t in = 0, out = 0;
};

/// What methods cost: time and memory of a training step by rank, time of a resample by shape and basis, time of a
/// token at inference where something is left beside the weights. On random weights and texts, since only shapes count.
struct CostRequest {
  std::filesystem::path destination;
  std::string arch = "gpt2";  ///< and preset, of `initPresets()`
  std::string preset = "small";
  std::int64_t batch = 4;                           ///< texts in a step, and at inference
  std::int64_t length = 128;                        ///< tokens in a text
  std::vector<std::int64_t> ranks{2, 8, 32, 128};   ///< of ROSA and LoRA in training
  std::vector<std::int64_t> inferenceRanks{8, 64};  ///< of what is left beside the weights
  std::vector<CostShape> shapes{{768, 768}, {768, 3072}, {3072, 768}, {2048, 2048}};  ///< of resampled layers
  std::int64_t rounds = 3;                                                            ///< of all measurements in turns
  std::int64_t threads = 0;
};

[[nodiscard]] Expected<ExperimentReport> runCostExperiment(const CostRequest& request, const ExperimentWatch& watch);

}  // namespace rosa
