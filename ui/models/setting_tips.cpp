// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/setting_tips.h"

#include <QObject>
#include <algorithm>
#include <array>

namespace rosa::ui {
namespace {

struct Tip {
  std::string_view key;
  const char* sentence;
};

constexpr std::array kTips = {
    Tip{"model", QT_TRANSLATE_NOOP(
                     "QObject", "The model to fine-tune, as a folder in the form of Hugging Face or as a GGUF file.")},
    Tip{"data",
        QT_TRANSLATE_NOOP(
            "QObject", "The examples to train on: a table, JSON or text file, or a folder with train and dev files.")},
    Tip{"mix", QT_TRANSLATE_NOOP("QObject", "Further training data, each with how often its rows count in an epoch.")},
    Tip{"valid", QT_TRANSLATE_NOOP("QObject", "The examples that the run is measured on but never trained on.")},
    Tip{"validation-split",
        QT_TRANSLATE_NOOP(
            "QObject",
            "The share of the rows that is held out to measure the run on, where no file is given for that.")},
    Tip{"task", QT_TRANSLATE_NOOP("QObject", "What the model learns to do with the data.")},
    Tip{"text", QT_TRANSLATE_NOOP("QObject", "The column that holds the text.")},
    Tip{"text-pair", QT_TRANSLATE_NOOP("QObject", "The column that holds the second text where a row is about two.")},
    Tip{"label",
        QT_TRANSLATE_NOOP("QObject",
                          "The column that holds what is to be learned: a class, a number, or a label for each word.")},
    Tip{"prompt", QT_TRANSLATE_NOOP("QObject", "The column that holds what the model is given.")},
    Tip{"completion", QT_TRANSLATE_NOOP("QObject", "The column that holds what the model is to answer.")},
    Tip{"header",
        QT_TRANSLATE_NOOP(
            "QObject",
            "Whether the first row of a CSV or TSV file holds the names of the columns; auto takes it as it looks.")},
    Tip{"quotes", QT_TRANSLATE_NOOP("QObject",
                                    "Whether quotation marks enclose the fields of a CSV or TSV file, as most programs "
                                    "write them; auto takes them as they look.")},
    Tip{"separator", QT_TRANSLATE_NOOP("QObject",
                                       "What stands between prompt and completion; left empty, one space unless the "
                                       "completion begins with white space.")},
    Tip{"shape",
        QT_TRANSLATE_NOOP("QObject",
                          "What each row of the data is; choose it where the first rows could be read in two ways.")},
    Tip{"chat-template",
        QT_TRANSLATE_NOOP(
            "QObject",
            "How a conversation becomes the text that the model reads, where it brings no template of its own.")},
    Tip{"loss-on", QT_TRANSLATE_NOOP("QObject", "Which tokens the model learns to write; the others are only read.")},
    Tip{"mask-rate", QT_TRANSLATE_NOOP("QObject", "The share of a text's tokens that are hidden and guessed.")},
    Tip{"skip-bad",
        QT_TRANSLATE_NOOP("QObject",
                          "Leaves rows with a fault out and counts them, where they would otherwise stop the run.")},
    Tip{"max-length",
        QT_TRANSLATE_NOOP("QObject",
                          "The most tokens of one example; what goes beyond is cut off and not trained on.")},
    Tip{"max-rows", QT_TRANSLATE_NOOP("QObject", "Trains on the first rows of the data alone, for a quick try.")},
    Tip{"method", QT_TRANSLATE_NOOP("QObject", "Which parts of the model train, and in which form.")},
    Tip{"rank", QT_TRANSLATE_NOOP("QObject",
                                  "How many directions of each weight train at a time, as a number or as a share; more "
                                  "learn more and take more memory.")},
    Tip{"alpha", QT_TRANSLATE_NOOP("QObject", "The scale of what is added to a weight, times the rank.")},
    Tip{"layers",
        QT_TRANSLATE_NOOP(
            "QObject",
            "Which linear layers are adapted: all, those of attention, those of the MLP, or names with * in them.")},
    Tip{"resample-every",
        QT_TRANSLATE_NOOP("QObject",
                          "How often the directions that train are merged into the weights and others are chosen.")},
    Tip{"train-bias", QT_TRANSLATE_NOOP("QObject", "Trains the biases of the adapted layers too.")},
    Tip{"train-head", QT_TRANSLATE_NOOP("QObject", "Trains the head that gives the class or the number.")},
    Tip{"form",
        QT_TRANSLATE_NOOP("QObject",
                          "Whether what trains is computed inside the weight or beside it; the result is the same.")},
    Tip{"moment-reset",
        QT_TRANSLATE_NOOP("QObject",
                          "What becomes of the optimizer's running averages when new directions are chosen.")},
    Tip{"moment-prune",
        QT_TRANSLATE_NOOP("QObject",
                          "The share of the optimizer's running averages that is cleared, the smallest ones first.")},
    Tip{"factorise", QT_TRANSLATE_NOOP("QObject", "How a weight is divided into what trains and what stays.")},
    Tip{"slice", QT_TRANSLATE_NOOP("QObject", "Which directions of a weight are chosen next.")},
    Tip{"adapt",
        QT_TRANSLATE_NOOP("QObject", "Whether both factors of the trained product train, or one of them alone.")},
    Tip{"basis", QT_TRANSLATE_NOOP("QObject", "How the directions of a weight are computed, exactly or faster.")},
    Tip{"layer-rank", QT_TRANSLATE_NOOP("QObject", "Another rank for the layers whose names match, one a line.")},
    Tip{"resample-plateau",
        QT_TRANSLATE_NOOP("QObject", "Chooses new directions also as soon as the loss has not fallen for so long.")},
    Tip{"stagger",
        QT_TRANSLATE_NOOP(
            "QObject",
            "Spreads the layers of a resample over the steps until the next one, so that no step takes long.")},
    Tip{"rewarm",
        QT_TRANSLATE_NOOP("QObject",
                          "How many steps the learning rate takes to rise again after new directions were chosen.")},
    Tip{"lora-start", QT_TRANSLATE_NOOP("QObject", "What LoRA's two factors hold before the first step.")},
    Tip{"rslora",
        QT_TRANSLATE_NOOP(
            "QObject", "Divides LoRA's scale by the root of the rank, so that high ranks learn as fast as low ones.")},
    Tip{"lora-plus", QT_TRANSLATE_NOOP("QObject", "How many times faster LoRA's second factor learns than its first.")},
    Tip{"virtual-tokens", QT_TRANSLATE_NOOP("QObject", "How many trained vectors stand before every text.")},
    Tip{"train-also",
        QT_TRANSLATE_NOOP("QObject",
                          "Modules that train whole beside the method, by name or by names with * in them.")},
    Tip{"train-tokens",
        QT_TRANSLATE_NOOP(
            "QObject", "Tokens whose own rows train beside the method, such as the one that ends the model's turn.")},
    Tip{"adapter", QT_TRANSLATE_NOOP("QObject", "A PEFT adapter that the run starts from.")},
    Tip{"windows",
        QT_TRANSLATE_NOOP(
            "QObject",
            "Which directions each resample takes, in place of drawn ones, to repeat another program's run exactly.")},
    Tip{"epochs", QT_TRANSLATE_NOOP("QObject", "How long to train: passes over the data, or optimizer steps.")},
    Tip{"steps", QT_TRANSLATE_NOOP("QObject", "How long to train: passes over the data, or optimizer steps.")},
    Tip{"optimizer", QT_TRANSLATE_NOOP("QObject", "The rule that turns gradients into steps.")},
    Tip{"lr", QT_TRANSLATE_NOOP(
                  "QObject", "The size of each step at its peak; make it smaller if the loss jumps or becomes NaN.")},
    Tip{"schedule", QT_TRANSLATE_NOOP("QObject", "How the learning rate changes after its warm-up.")},
    Tip{"warmup",
        QT_TRANSLATE_NOOP("QObject",
                          "How many steps, or which share of them, the learning rate takes to rise to its peak.")},
    Tip{"warmup-shape", QT_TRANSLATE_NOOP("QObject", "The curve along which the learning rate rises.")},
    Tip{"schedule-cycles", QT_TRANSLATE_NOOP("QObject", "How many times the learning rate falls and starts again.")},
    Tip{"schedule-power",
        QT_TRANSLATE_NOOP("QObject", "The exponent of the curve along which the learning rate falls.")},
    Tip{"schedule-minimum", QT_TRANSLATE_NOOP("QObject", "The lowest learning rate, as a share of the peak.")},
    Tip{"schedule-timescale",
        QT_TRANSLATE_NOOP("QObject",
                          "After how many steps the learning rate begins to fall; 0 takes those of the warm-up.")},
    Tip{"schedule-decay",
        QT_TRANSLATE_NOOP("QObject",
                          "How many steps, or which share of them, the learning rate takes to fall at the end.")},
    Tip{"decay-shape", QT_TRANSLATE_NOOP("QObject", "The curve along which the learning rate falls at the end.")},
    Tip{"weight-decay", QT_TRANSLATE_NOOP("QObject", "How strongly weights are drawn towards zero at each step.")},
    Tip{"decay-all", QT_TRANSLATE_NOOP("QObject", "Draws biases and the weights of norms towards zero too.")},
    Tip{"beta1", QT_TRANSLATE_NOOP("QObject", "How slowly the optimizer forgets the direction of earlier gradients.")},
    Tip{"beta2", QT_TRANSLATE_NOOP("QObject", "How slowly the optimizer forgets the size of earlier gradients.")},
    Tip{"epsilon", QT_TRANSLATE_NOOP("QObject", "A small number that keeps the optimizer from dividing by zero.")},
    Tip{"momentum", QT_TRANSLATE_NOOP("QObject", "How much of the step before each step keeps.")},
    Tip{"clip",
        QT_TRANSLATE_NOOP(
            "QObject",
            "The largest norm that the gradient may have, beyond which it is scaled down; 0 leaves it as it is.")},
    Tip{"scale-parameter", QT_TRANSLATE_NOOP("QObject", "Makes steps as large as the weights that they change.")},
    Tip{"label-smoothing",
        QT_TRANSLATE_NOOP("QObject",
                          "The share of each target that is spread over all others, against too great certainty.")},
    Tip{"neftune",
        QT_TRANSLATE_NOOP(
            "QObject",
            "Noise on the embeddings while training, which can make answers to instructions better; 0 for none.")},
    Tip{"ema", QT_TRANSLATE_NOOP("QObject",
                                 "Evaluates and exports a running average of the weights, which forgets this slowly; 0 "
                                 "for the weights themselves.")},
    Tip{"early-stopping",
        QT_TRANSLATE_NOOP("QObject", "Stops after so many evaluations in a row without a better one; 0 never does.")},
    Tip{"dropout", QT_TRANSLATE_NOOP(
                       "QObject", "The share of activations that are dropped at random, in place of the model's own.")},
    Tip{"batch",
        QT_TRANSLATE_NOOP("QObject",
                          "How many examples are computed at a time; more take more memory and give a calmer loss.")},
    Tip{"batch-tokens", QT_TRANSLATE_NOOP("QObject",
                                          "Fills what is computed at a time with whole examples up to so many tokens, "
                                          "in place of a number of examples.")},
    Tip{"accumulate", QT_TRANSLATE_NOOP("QObject", "How many batches are added up before each optimizer step.")},
    Tip{"processes",
        QT_TRANSLATE_NOOP("QObject", "How many processes on this machine share the examples of each step.")},
    Tip{"shuffle", QT_TRANSLATE_NOOP("QObject", "Visits the examples in another order in each epoch.")},
    Tip{"seed",
        QT_TRANSLATE_NOOP("QObject", "The number that everything random follows from; the same seed repeats the run.")},
    Tip{"threads", QT_TRANSLATE_NOOP("QObject", "How many of the processor's threads the run uses; 0 uses all cores.")},
    Tip{"device", QT_TRANSLATE_NOOP("QObject", "Whether the run computes on the processor or on a GPU.")},
    Tip{"weights",
        QT_TRANSLATE_NOOP("QObject",
                          "The numbers that weights which do not train are kept in; smaller ones take less memory.")},
    Tip{"gradient-checkpointing", QT_TRANSLATE_NOOP("QObject",
                                                    "Computes parts of the model twice, which takes less memory and "
                                                    "more time; auto does so where memory asks for it.")},
    Tip{"memory",
        QT_TRANSLATE_NOOP("QObject",
                          "The most memory that the run may take, within which it chooses smaller batches by itself.")},
    Tip{"tf32", QT_TRANSLATE_NOOP("QObject", "Multiplies faster and more coarsely on a GPU.")},
    Tip{"eval-every", QT_TRANSLATE_NOOP("QObject", "How often the run is measured on the validation data.")},
    Tip{"save-every", QT_TRANSLATE_NOOP("QObject", "How often a checkpoint is saved, from which the run can go on.")},
    Tip{"save-minutes", QT_TRANSLATE_NOOP("QObject",
                                          "The longest time in minutes that a crash could cost: a checkpoint is saved "
                                          "at least so often; 0 sets no limit.")},
    Tip{"sample-every",
        QT_TRANSLATE_NOOP("QObject", "How often the model writes text from the sample prompts, beside each resample.")},
    Tip{"sample-prompt", QT_TRANSLATE_NOOP("QObject",
                                           "Your own prompts that the model continues while it trains, one a line, "
                                           "with \\n for a line's end; left empty, the first of the validation data.")},
    Tip{"sample-tokens",
        QT_TRANSLATE_NOOP("QObject",
                          "The longest text that the model writes while it trains, in tokens; 0 writes none.")},
    Tip{"keep-checkpoints",
        QT_TRANSLATE_NOOP("QObject", "How many of the latest checkpoints are kept beside the best one.")},
    Tip{"best-metric", QT_TRANSLATE_NOOP("QObject", "The figure that decides which checkpoint is the best.")},
    Tip{"keep-best", QT_TRANSLATE_NOOP("QObject", "How many of the best checkpoints are kept.")},
    Tip{"name", QT_TRANSLATE_NOOP("QObject",
                                  "What the run is called in History and in its folder; left empty, it is made of the "
                                  "model's name and the data's.")},
    Tip{"out", QT_TRANSLATE_NOOP("QObject",
                                 "The folder that the run is written to, in place of a new one among the other runs.")},
};

}  // namespace

QString settingTip(std::string_view key) {
  const auto* const found = std::ranges::find(kTips, key, &Tip::key);
  return found == kTips.end() ? QString() : QObject::tr(found->sentence);
}

}  // namespace rosa::ui
